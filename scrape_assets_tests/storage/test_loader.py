"""Loading a payload: what goes in, what is set aside, and that odd input costs nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.posts.model import RejectReason
from scrape_assets.storage import load_batches, loader
from scrape_assets.storage.load_batches import BATCH_ROWS
from scrape_assets.storage.loader import load_payload
from scrape_assets.storage.payloads import PayloadArchive, PayloadCorrupt
from scrape_assets_tests.storage.invented import COLLECTED, LATER, POSTED, Loading, load_into, map_line, row, stored


def test_every_field_of_a_post_arrives(loading: Loading) -> None:
    fields = {
        "url": "https://example.com/1", "kind": "repost", "reposted_from": "0", "author_key": "in/jane-doe",
        "author_handle": "jane-doe", "author_id": "42", "author_name": "Jane Doe", "author_url": "https://j.example",
        "title": "A title", "text": "Some\ttext\\ with \"all\"\r\nand more", "posted_at": POSTED,
        "collected_at": COLLECTED, "hashtags": ["one", 'tw"o', "th\\ree", "fo,ur", "{five}", "NULL", ""],
        "mentions": [], "tagged": ['a"b', "c"], "like_count": 0, "comment_count": 2, "share_count": 3, "view_count": 4,
        "save_count": 5, "repairs": ["like_count: -1 is no count"], "language": "pt-BR", "reply_to": "7",
        "quote_of": "8", "latitude": 27.04, "longitude": -88.26,
    }  # fmt: skip
    media = [{"type": "image", "url": 'https://example.com/"1"'}]
    report = loading.load("s", row("1", **fields, media=json.dumps(media), feed_key="in/bob"))
    found = loading.one("1")
    assert {name: getattr(found, name) for name in fields} == fields
    assert found.media == media
    assert (found.snapshot_id, found.payload_row, found.mapping_version) == ("s", 1, 1)
    assert loading.archive.exists(found.payload_uri)
    assert loading.rows("SELECT snapshot_id, post_id, feed_key FROM post_sightings") == [("s", "1", "in/bob")]
    assert (report.posts, report.posts_new, report.metrics_added, report.repaired_rows) == (1, 1, 1, 1)


def test_what_a_source_does_not_give_is_null(loading: Loading) -> None:
    report = loading.load("s", row("1", author_key=None, posted_at=None))
    found = loading.one("1")._asdict()
    always = {"platform", "post_id", "kind", "collected_at", "snapshot_id", "payload_uri", "payload_row"}
    always |= {"mapping_version", "first_seen_at", "updated_at"}
    assert {name for name, value in found.items() if value is not None} == always
    assert report.metrics_added == 0
    assert loading.rows("SELECT feed_key FROM post_sightings") == [("",)]


def test_rows_that_are_no_posts_are_kept_with_number_reason_and_detail(loading: Loading) -> None:
    report = loading.load(
        "s",
        row("1"),
        b'{"error": "Collection failed", "code": "crawl_failed", "url": "https://example.com/in/x"}\n',
        b"[1, 2]\n",
        b"no json\n",
        row("2"),
        b'{"post_id": "3", "te',
    )
    assert (report.rows_read, report.posts, report.rows_rejected) == (6, 2, 4)
    assert report.rejects_by_reason == {
        RejectReason.SOURCE_ERROR: 1,
        RejectReason.NOT_AN_OBJECT: 1,
        RejectReason.NOT_JSON: 1,
        RejectReason.TRUNCATED: 1,
    }
    kept = loading.rows("SELECT row_number, reason, code, input_url FROM rejected_rows ORDER BY 1")
    assert kept == [
        (2, "source_error", "crawl_failed", "https://example.com/in/x"),
        (3, "not_an_object", None, None),
        (4, "not_json", None, None),
        (6, "truncated", None, None),
    ]
    assert loading.rows("SELECT detail FROM rejected_rows WHERE row_number = 3") == [("the row is a list",)]


def test_characters_that_a_database_cannot_hold_cost_neither_the_row_nor_the_snapshot(
    loading: Loading,
) -> None:
    lone = "\ud83d"
    media = json.dumps([{"type": "image", "url": f"a\0b{lone}"}])
    report = loading.load(
        "s",
        row("1", text="fine before"),
        row(
            "2",
            text=f"nul \0 and half {lone} a pair",
            hashtags=[f"h\0{lone}"],
            author_name=f"{lone}\0",
            media=media,
        ),
        row("3", text="fine after 😀"),
        json.dumps({"error": f"bad\0 {lone}", "code": "\0", "url": lone}).encode(),
    )
    assert (report.posts, report.rows_rejected) == (3, 1)
    found = loading.one("2")
    assert found.text == "nul  and half \N{REPLACEMENT CHARACTER} a pair"
    assert found.hashtags == ["h\N{REPLACEMENT CHARACTER}"]
    assert found.media == [{"type": "image", "url": "ab\N{REPLACEMENT CHARACTER}"}]
    assert [loading.one("1").text, loading.one("3").text] == ["fine before", "fine after 😀"]
    assert loading.rows("SELECT detail FROM rejected_rows") == [("bad \N{REPLACEMENT CHARACTER}",)]


def test_odd_characters_anywhere_in_a_batch_cost_no_other_row(loading: Loading) -> None:
    odd = {3: "nul \0", 60: "half \ud83d", 119: "both \0 \ud83d"}  # in the first, in a middle and in the last piece
    report = loading.load("s", *(row(str(number), text=odd.get(number, "fine")) for number in range(120, 0, -1)))
    assert (report.posts, report.posts_new, report.rows_rejected) == (120, 120, 0)
    assert loading.rows("SELECT post_id, text FROM raw_posts WHERE text <> 'fine' ORDER BY post_id") == [
        ("119", "both  \N{REPLACEMENT CHARACTER}"),
        ("3", "nul "),
        ("60", "half \N{REPLACEMENT CHARACTER}"),
    ]
    assert loading.rows("SELECT post_id FROM raw_posts ORDER BY payload_row LIMIT 2") == [("120",), ("119",)]


def test_a_payload_of_large_rows_is_cut_into_batches_by_their_size(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [row(str(number), text="x" * 1_000, like_count=1) for number in range(130)]
    lines[70:70] = [b"broken\n", row("1", text="again", collected_at=LATER)]  # in another batch than the first of it
    at_once = loading.load("s", *lines)
    sizes = []

    def cut(*how: Any) -> Iterator[load_batches.Batch]:
        for batch in load_batches.batches(*how):
            sizes.append(batch.size)
            yield batch

    monkeypatch.setattr(load_batches, "BATCH_BYTES", 20_000)
    monkeypatch.setattr(loader, "batches", cut)
    assert loading.load("s2", *(line.replace(b'"post_id": "', b'"post_id": "n') for line in lines)) == at_once
    assert len(sizes) > 5
    assert max(sizes) < 22_000
    assert loading.one("n1").text == "again"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_000,
        "\u05e9\u05dc\u05d5\u05dd \u202b\u0645\u0631\u062d\u0628\u0627\u202c",
        "e\u0301\u200d👩\u200d🚀",
        "\\N",
        "\\.",
        "\x1b\x7f\u2028",
        " ",
    ],
)
def test_a_text_arrives_exactly_as_it_was(loading: Loading, text: str) -> None:
    loading.load("s", row("1", text=text))
    assert loading.one("1").text == text


def test_a_payload_of_many_batches_with_many_rejects_is_counted_exactly(loading: Loading) -> None:
    lines = [b"broken\n" if number % 3 == 0 else row(str(number), like_count=1) for number in range(2 * BATCH_ROWS + 5)]
    again = row("1", like_count=2, collected_at=LATER)  # in the last batch, of a post in the first
    report = loading.load("s", *lines, again)
    rejected = sum(line == b"broken\n" for line in lines)
    posts = len(lines) - rejected
    assert (report.rows_read, report.rows_rejected, report.posts) == (len(lines) + 1, rejected, posts)
    assert (report.posts_new, report.posts_updated, report.posts_unchanged) == (posts, 0, 0)
    assert (report.duplicates_in_payload, report.metrics_added) == (1, posts + 1)
    assert loading.one("1").like_count == 2
    assert loading.rows("SELECT count(*) FROM rejected_rows") == [(rejected,)]

    later = loading.load("s2", *(row(str(number), collected_at=LATER) for number in range(0, 2 * BATCH_ROWS)), again)
    assert later.posts == 2 * BATCH_ROWS
    assert later.posts_unchanged == 1
    assert later.posts_new == sum(number % 3 == 0 for number in range(2 * BATCH_ROWS))
    assert later.posts_new + later.posts_updated + later.posts_unchanged == later.posts


def test_more_posts_than_are_remembered_are_counted_as_exactly(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [row(str(number), like_count=1) for number in range(BATCH_ROWS + 5)]
    lines[10:10] = [row("1"), row("7", collected_at=LATER)]  # of posts in the same batch
    remembered = loading.load("s", *lines)
    monkeypatch.setattr(loader, "_MOST_REMEMBERED", 10)
    counted = loading.load("s2", *(line.replace(b'"post_id": "', b'"post_id": "n') for line in lines))
    assert counted == remembered
    assert (counted.posts, counted.posts_new, counted.duplicates_in_payload) == (BATCH_ROWS + 5, BATCH_ROWS + 5, 2)


def test_ids_that_become_one_in_the_database_are_one_post(loading: Loading) -> None:
    report = loading.load("s", row("a\0b"), row("ab", collected_at=LATER), row("c"))
    assert (report.posts, report.posts_new, report.duplicates_in_payload) == (2, 2, 1)
    assert loading.rows("SELECT count(*) FROM raw_posts") == [(2,)]


def test_a_payload_without_rows_loads_as_nothing(loading: Loading) -> None:
    report = loading.load("s")
    assert (report.rows_read, report.posts, report.rows_rejected) == (0, 0, 0)
    assert loading.everything() == {
        "raw_posts": [],
        "post_metrics": [],
        "post_sightings": [],
        "rejected_rows": [],
    }


def test_of_a_damaged_payload_nothing_is_loaded(loading: Loading, tmp_path: Path) -> None:
    payload = stored(PayloadArchive(str(tmp_path)), "s", [row(str(number), text="x" * 99) for number in range(5_000)])
    part = next(tmp_path.rglob("part-00001.ndjson.zst"))
    part.write_bytes(part.read_bytes()[:-10])
    with pytest.raises(PayloadCorrupt, match="part-00001"):
        loading.load_payload("s", payload)
    assert loading.rows("SELECT count(*) FROM raw_posts") == [(0,)]
    # The connection is whole: the next load on it works.
    assert loading.load("s", row("1")).posts_new == 1


def test_a_mapping_that_breaks_leaves_a_usable_connection(loading: Loading) -> None:
    with pytest.raises(TypeError):
        loading.load("s", *(row(str(number)) for number in range(BATCH_ROWS)), b'{"text": "no id"}\n')
    assert loading.rows("SELECT count(*) FROM raw_posts") == [(0,)]
    assert loading.load("s", row("1")).posts_new == 1


def test_two_loads_in_one_transaction_see_each_other(loading: Loading) -> None:
    first = stored(loading.archive, "s1", [row("1"), row("2")], 2)
    second = stored(loading.archive, "s2", [row("2", collected_at=LATER), row("3")], 2)
    with loading.engine.begin() as conn:
        load_into(conn, "s1", first)
        report = load_into(conn, "s2", second)
    assert (report.posts_new, report.posts_updated) == (1, 1)


def test_a_load_that_dies_with_its_process_leaves_nothing(loading: Loading) -> None:
    payload = stored(PayloadArchive("memory://dying"), "s", [row(str(number)) for number in range(3_000)])
    conn = loading.engine.connect()
    load_into(conn, "s", payload)
    victim = conn.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
    with loading.engine.begin() as other:
        other.execute(sa.select(sa.func.pg_terminate_backend(victim, 10_000)))
    conn.invalidate()
    conn.close()
    assert loading.everything()["raw_posts"] == []
    assert loading.load_payload("s", payload).posts_new == 3_000


def test_how_the_fields_are_filled_is_counted_and_so_are_the_keys_of_the_records(loading: Loading) -> None:
    lines = [row(str(number), text="t", like_count=None if number % 16 else 3) for number in range(100)]
    found = loading.load("s", *lines, b"no json\n").coverage
    assert found.posts == 100
    assert (found.filled["text"], found.filled["like_count"], found.filled["url"]) == (100, 7, 0)
    assert found.looked_at == 9
    assert found.keys == {"post_id": 9, "text": 9, "like_count": 9}
    assert found.given == {"post_id": 9, "text": 9, "like_count": 5}, "a key without a value is not absent"
    again = type(found).of_json(json.loads(json.dumps(found.as_json())))
    assert (again, again.shares["text"]) == (found, 1.0)


def test_of_a_long_payload_few_records_are_looked_at_beyond_the_first(loading: Loading) -> None:
    found = loading.load("s", *(row(str(number)) for number in range(1_025))).coverage
    assert (found.posts, found.looked_at) == (1_025, 8 + 16)


def test_a_line_that_is_no_record_is_passed_over(loading: Loading) -> None:
    payload = stored(loading.archive, "s", [row("1"), b"{}\n", row("2")])
    with loading.engine.begin() as conn:
        report = load_payload(
            conn,
            snapshot_id="s",
            payload=payload,
            map_line=lambda line, last: None if line == b"{}" else map_line(line, last),
            mapping_version=1,
        )
    assert (report.rows_read, report.posts, report.rows_rejected) == (2, 2, 0)
    assert loading.one("2").payload_row == 3
