"""Taking rows out of a committed payload: the others keep their numbers, and a kill in between costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from scrape_assets.storage.payloads import Payload, PayloadArchive
from scrape_assets.storage.payloads.manifest import MANIFEST_NAME
from scrape_assets.storage.payloads.rewrite import FORGOTTEN_LINE, rewrite
from scrape_assets_tests.storage.invented import DAY


@pytest.fixture
def payload(tmp_path: Path) -> Payload:
    """Two parts; only the first names Jane."""
    writer = PayloadArchive(str(tmp_path)).writer("linkedin", DAY, "s", 1)
    writer.write_part(1, [b"one\njane writes\n\nthree\n", b"jane again"])
    writer.write_part(2, [b"five\n"])
    return writer.commit()


def _by_jane(line: bytes, _unended: bool) -> bytes:
    return FORGOTTEN_LINE if b"jane" in line else line


def _files(payload: Payload) -> set[str]:
    return {file.name for file in Path(payload.uri.removeprefix("file://")).parent.iterdir()}


def test_rows_are_replaced_and_all_others_keep_number_and_bytes(payload: Payload) -> None:
    after = rewrite(payload.uri, _by_jane).publish()
    after.verify()
    assert [(row.row_number, row.line) for row in after.lines()] == [
        (1, b"one"),
        (2, FORGOTTEN_LINE),
        (3, b"three"),
        (4, FORGOTTEN_LINE),
        (5, b"five"),
    ]
    assert after.uri == payload.uri
    assert after.sha256 != payload.sha256


def test_nothing_of_the_old_parts_is_left_in_the_folder(payload: Payload) -> None:
    after = rewrite(payload.uri, _by_jane).publish()
    assert _files(after) == {MANIFEST_NAME, *(part.name for part in after.manifest.parts)}
    assert after.manifest.parts[1] == payload.manifest.parts[1]


def test_killed_before_the_new_parts_count_it_is_as_it_was_and_can_be_done_again(payload: Payload) -> None:
    rewrite(payload.uri, _by_jane)  # and no publish
    payload.verify()
    assert b"jane writes" in {row.line for row in payload.lines()}
    after = rewrite(payload.uri, _by_jane).publish()
    assert not any(b"jane" in row.line for row in after.lines())
    assert len(_files(after)) == 3


def test_killed_before_the_old_parts_are_removed_the_next_try_removes_them(
    payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("scrape_assets.storage.payloads.files.ArchiveFiles.remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            rewrite(payload.uri, _by_jane).publish()
    again = rewrite(payload.uri, _by_jane)
    assert again.changed == 0
    after = again.publish()
    after.verify()
    assert _files(after) == {MANIFEST_NAME, *(part.name for part in after.manifest.parts)}


def test_a_payload_without_such_rows_stays_as_it_is(payload: Payload) -> None:
    after = rewrite(payload.uri, lambda line, _unended: line).publish()
    assert after.manifest == payload.manifest
    after.verify()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
