"""The payload archive keeps what it was given, and says so when it cannot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scrape_assets.storage.payloads import (
    Payload,
    PayloadArchive,
    PayloadCorrupt,
    PayloadExists,
    PayloadIncomplete,
    PayloadMissing,
    PayloadWriter,
)
from scrape_assets_tests.storage.invented import DAY


@pytest.fixture(params=["local", "memory"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> PayloadArchive:
    return PayloadArchive(str(tmp_path / "kept here") if request.param == "local" else f"memory://{tmp_path.name}")


def _writer(archive: PayloadArchive, generation: int = 1) -> PayloadWriter:
    return archive.writer("linkedin", DAY, "linkedin-20261102-abc", generation)


def _lines(payload: Payload) -> list[bytes]:
    return [line for _, line, _ in payload.lines()]


def test_rows_come_back_numbered_over_all_parts(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    writer.write_part(2, [b'{"n":3}\n{"n"', b":4}\n"])
    writer.write_part(1, [b'{"n":1}\n', b'{"n":2}\n'])
    payload = archive.open(writer.commit().uri)
    assert list(payload.lines()) == [
        (1, b'{"n":1}', False),
        (2, b'{"n":2}', False),
        (3, b'{"n":3}', False),
        (4, b'{"n":4}', False),
    ]
    assert payload.rows == 4
    payload.verify()


def test_the_address_tells_platform_date_snapshot_and_generation(archive: PayloadArchive) -> None:
    writer = _writer(archive, generation=3)
    writer.write_part(1, [b"{}\n"])
    uri = writer.commit().uri
    assert uri.endswith("/linkedin/2026-11-02/linkedin-20261102-abc/g3/manifest.json")
    assert "://" in uri
    assert archive.exists(uri)


def test_blank_lines_are_neither_given_nor_numbered(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    writer.write_part(1, [b"\n  \r\n1\n\n \n2\r\n", b"\n"])
    payload = writer.commit()
    assert [(number, line.strip()) for number, line, _ in payload.lines()] == [(1, b"1"), (2, b"2")]
    assert payload.rows == 2


def test_a_last_line_cut_off_is_kept_and_marked(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    writer.write_part(1, [b'{"n":1}\n{"n":'])
    writer.write_part(2, [b'{"n":2}\n'])
    payload = writer.commit()
    assert list(payload.lines()) == [(1, b'{"n":1}', False), (2, b'{"n":', True), (3, b'{"n":2}', False)]
    assert payload.rows == 3
    assert list(archive.open(payload.uri).unended_lines()) == [b'{"n":']
    assert [part.unended for part in payload.manifest.parts] == [True, False]


def test_a_manifest_from_before_ends_were_noted_is_looked_at(tmp_path: Path) -> None:
    writer = _writer(PayloadArchive(str(tmp_path)))
    writer.write_part(1, [b'{"n":1}\n{"n":'])
    payload = writer.commit()
    manifest = Path(payload.uri.removeprefix("file://"))
    old = manifest.read_text().replace(
        """,
   "unended": true""",
        "",
    )
    assert "unended" not in old
    manifest.write_text(old)
    reopened = PayloadArchive(str(tmp_path)).open(payload.uri)
    reopened.verify()
    assert list(reopened.unended_lines()) == [b'{"n":']


def test_a_body_of_one_endless_line_is_one_row_in_bounded_memory(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    report = writer.write_part(1, (b"x" * 1_000_000 for _ in range(20)))
    assert (report.rows, report.raw_bytes) == (1, 20_000_000)
    payload = writer.commit()
    ((number, line, unended),) = payload.lines()
    assert (number, len(line), unended) == (1, 8 << 20, True)
    payload.verify()


def test_many_rows_cross_frames_and_pieces_unharmed(archive: PayloadArchive) -> None:
    rows = [b'{"row":%d,"text":"%s"}' % (number, b"ab" * (number % 900)) for number in range(3_000)]
    body = b"\n".join(rows)
    writer = _writer(archive)
    writer.write_part(1, (body[start : start + 65_537] for start in range(0, len(body), 65_537)))
    payload = writer.commit()
    assert _lines(payload) == rows
    assert payload.rows == len(rows)
    assert payload.stored_bytes < payload.raw_bytes == len(body)


def test_the_same_bytes_have_the_same_hash_and_others_another(archive: PayloadArchive) -> None:
    hashes = []
    for generation, body in enumerate([b"1\n2\n", b"1\n2\n", b"1\n3\n"], start=1):
        writer = _writer(archive, generation)
        writer.write_part(1, [body[:2], body[2:]])
        hashes.append(writer.commit().sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_download_goes_on_with_the_parts_that_are_missing(archive: PayloadArchive) -> None:
    def broken() -> Iterator[bytes]:
        yield b'{"n":2}\n' * 1_000
        raise ConnectionResetError

    first_try = _writer(archive)
    done = first_try.write_part(1, [b'{"n":1}\n'])
    with pytest.raises(ConnectionResetError):
        first_try.write_part(2, broken())

    second_try = _writer(archive)
    assert second_try.finished_parts() == {1: done}
    second_try.write_part(2, [b'{"n":2}\n'])
    assert _lines(second_try.commit(parts=2)) == [b'{"n":1}', b'{"n":2}']


def test_a_payload_with_a_gap_or_parts_too_many_is_not_committed(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    with pytest.raises(PayloadIncomplete, match="lacks part 1"):
        writer.commit()
    writer.write_part(1, [b"1\n"])
    writer.write_part(3, [b"3\n"])
    with pytest.raises(PayloadIncomplete, match="lacks part 2 of 3"):
        writer.commit()
    with pytest.raises(PayloadIncomplete, match="lacks part 2, 4 of 4"):
        writer.commit(parts=4)
    with pytest.raises(PayloadIncomplete, match="2 finished parts, but 1 were announced"):
        writer.commit(parts=1)
    assert not archive.exists(writer.uri)
    writer.discard()
    assert writer.finished_parts() == {}


def test_an_empty_result_is_a_payload_without_rows(archive: PayloadArchive) -> None:
    payload = _writer(archive).commit(parts=0)
    assert (payload.rows, list(payload.lines())) == (0, [])
    writer = _writer(archive, generation=2)
    writer.write_part(1, [])
    assert writer.commit().rows == 0


def test_a_committed_payload_never_changes(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    writer.write_part(1, [b"1\n"])
    payload = writer.commit()
    again = _writer(archive)
    assert again.committed
    with pytest.raises(PayloadExists, match="next generation"):
        again.write_part(1, [b"2\n"])
    with pytest.raises(PayloadExists):
        again.discard()
    assert again.commit().manifest == payload.manifest
    assert _lines(again.commit()) == [b"1"]


def test_a_part_written_again_before_the_commit_takes_the_first_ones_place(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    writer.write_part(1, [b"old\n"])
    writer.write_part(1, [b"new\n"])
    assert _lines(writer.commit()) == [b"new"]


def test_a_payload_that_was_never_committed_is_missing(archive: PayloadArchive) -> None:
    writer = _writer(archive)
    writer.write_part(1, [b"1\n"])
    assert not archive.exists(writer.uri)
    with pytest.raises(PayloadMissing, match="never committed, or was removed"):
        archive.open(writer.uri)


@pytest.mark.parametrize("bad", ["../up", "a/b", "Upper", "", "with space"])
def test_a_name_that_leads_elsewhere_is_refused(archive: PayloadArchive, bad: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of a payload's address"):
        archive.writer("linkedin", DAY, bad, 1)


class TestDamage:
    """What happens to the files on a disk is noticed and named."""

    @pytest.fixture
    def payload(self, tmp_path: Path) -> Payload:
        writer = _writer(PayloadArchive(str(tmp_path)))
        for part in (1, 2):
            writer.write_part(part, [b'{"text":"%d"}\n' % number for number in range(10_000)])
        return writer.commit()

    def _second_part(self, payload: Payload) -> Path:
        return Path(payload.uri.removeprefix("file://")).with_name("part-00002.ndjson.zst")

    def test_a_missing_part(self, payload: Payload) -> None:
        self._second_part(payload).unlink()
        with pytest.raises(PayloadCorrupt, match=r"part-00002\.ndjson\.zst is missing"):
            payload.verify()

    def test_a_part_cut_short(self, payload: Payload) -> None:
        part = self._second_part(payload)
        part.write_bytes(part.read_bytes()[:-50])
        with pytest.raises(PayloadCorrupt, match="part-00002"):
            payload.verify()
        with pytest.raises(PayloadCorrupt, match="part-00002"):
            list(payload.lines())

    def test_one_flipped_bit(self, payload: Payload) -> None:
        part = self._second_part(payload)
        stored = bytearray(part.read_bytes())
        stored[len(stored) // 2] ^= 1
        part.write_bytes(stored)
        with pytest.raises(PayloadCorrupt, match="part-00002"):
            payload.verify()
        with pytest.raises(PayloadCorrupt, match="part-00002"):
            list(payload.lines())

    def test_another_part_in_its_place(self, payload: Payload) -> None:
        other = _writer(PayloadArchive(payload.uri.rsplit("/linkedin/", 1)[0]), generation=2)
        other.write_part(1, [b'{"text":"other"}\n'])
        foreign = Path(other.commit().uri.removeprefix("file://")).with_name("part-00001.ndjson.zst")
        self._second_part(payload).write_bytes(foreign.read_bytes())
        with pytest.raises(PayloadCorrupt, match="the manifest says"):
            list(payload.lines())

    def test_a_manifest_that_is_no_manifest(self, payload: Payload) -> None:
        Path(payload.uri.removeprefix("file://")).write_text('{"parts": ')
        with pytest.raises(PayloadCorrupt, match=r"manifest\.json cannot be read"):
            PayloadArchive("").open(payload.uri)
