"""Which observation wins: the newer one, whatever the order of arrival, however many load at once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.storage.load_batches import BATCH_ROWS
from scrape_assets_tests.storage.invented import COLLECTED, LATER, Loading, load_into, row, stored


def test_loading_again_changes_nothing_not_even_a_timestamp(loading: Loading) -> None:
    lines = [
        row("1", text="a", like_count=1, feed_key="in/x"),
        row("2"),
        b"broken\n",
        row("1", feed_key="in/y"),
    ]
    payload = stored(loading.archive, "s", lines)
    first = loading.load_payload("s", payload)
    before = loading.everything()
    again = loading.load_payload("s", payload)
    assert loading.everything() == before
    assert (first.posts_new, first.duplicates_in_payload) == (2, 1)
    assert (again.posts_new, again.posts_updated, again.posts_unchanged, again.metrics_added) == (0, 0, 2, 0)
    assert again.rejects_by_reason == first.rejects_by_reason


def test_a_newer_observation_updates_and_adds_a_line_of_metrics(loading: Loading) -> None:
    loading.load("s1", row("1", text="old", like_count=1))
    seen = loading.one("1").first_seen_at
    report = loading.load("s2", row("1", text="new", like_count=5, collected_at=LATER))
    found = loading.one("1")
    assert (found.text, found.like_count, found.collected_at, found.snapshot_id) == ("new", 5, LATER, "s2")
    assert found.first_seen_at == seen < found.updated_at
    assert (report.posts_updated, report.metrics_added) == (1, 1)
    assert loading.rows("SELECT observed_at, like_count FROM post_metrics ORDER BY 1") == [
        (COLLECTED, 1),
        (LATER, 5),
    ]


def test_an_older_observation_arriving_late_overwrites_nothing_but_is_counted(loading: Loading) -> None:
    loading.load("s2", row("1", text="new", like_count=5, collected_at=LATER))
    before = loading.one("1")
    report = loading.load("s1", row("1", text="old", title="only the old one has it", like_count=1))
    assert loading.one("1") == before
    assert (report.posts_unchanged, report.metrics_added) == (1, 1)
    assert len(loading.rows("SELECT * FROM post_sightings")) == 2


def test_what_a_newer_observation_does_not_give_stays_known(loading: Loading) -> None:
    loading.load("s1", row("1", text="known", like_count=1, author_name="Jane Doe", repairs=["old"]))
    loading.load("s2", row("1", like_count=0, collected_at=LATER))
    found = loading.one("1")
    assert (found.text, found.like_count, found.author_name) == ("known", 0, "Jane Doe")
    assert found.repairs is None  # what was repaired belongs to the row that was read


def test_who_is_tagged_goes_with_who_is_mentioned(loading: Loading) -> None:
    ada, bob = "in/ada", "in/bob"
    loading.load("s1", *(row(one, mentions=[ada, bob], tagged=[ada]) for one in "123"))
    later = {"collected_at": LATER}
    loading.load(
        "s2", row("1", **later), row("2", mentions=[ada], **later), row("3", tagged=[bob], mentions=[bob], **later)
    )
    found = [(loading.one(one).mentions, loading.one(one).tagged) for one in "123"]
    assert found == [([ada, bob], [ada]), ([ada], None), ([bob], [bob])]


def test_a_newer_mapping_of_the_same_observation_replaces_all_fields(loading: Loading) -> None:
    loading.load("s", row("1", text="misread", title="misread", like_count=1))
    report = loading.load("s", row("1", text="read well"), version=2)
    found = loading.one("1")
    assert (found.text, found.title, found.like_count, found.mapping_version) == ("read well", None, None, 2)
    assert report.posts_updated == 1
    before = loading.everything()
    assert loading.load("s", row("1", text="misread"), version=1).posts_unchanged == 1
    assert loading.everything()["raw_posts"] == before["raw_posts"]


def test_a_corrected_author_keeps_nothing_of_the_former(loading: Loading) -> None:
    loading.load("s1", row("1", author_key="in/wrong", author_id="666", author_name="Wrong", text="t"))
    loading.load("s2", row("1", author_key="in/right", collected_at=LATER))
    found = loading.one("1")
    assert (found.author_key, found.author_id, found.author_name, found.text) == ("in/right", None, None, "t")


def test_of_several_rows_of_a_post_the_newest_wins_and_of_equals_the_first(loading: Loading) -> None:
    report = loading.load(
        "s",
        row("1", text="middle", like_count=2),
        row("1", text="newest", like_count=3, collected_at=LATER),
        row("1", text="oldest", like_count=1, collected_at=COLLECTED - timedelta(days=1)),
        row("1", text="second of the newest", like_count=4, collected_at=LATER),
    )
    assert loading.one("1").text == "newest"
    assert (report.posts, report.duplicates_in_payload, report.metrics_added) == (1, 3, 3)
    assert [likes for (likes,) in loading.rows("SELECT like_count FROM post_metrics ORDER BY observed_at")] == [1, 2, 3]


def test_a_new_generation_replaces_the_rejects_and_sightings_of_its_snapshot_only(loading: Loading) -> None:
    loading.load("other", row("9", feed_key="in/z"), b"broken\n")
    loading.load("s", row("1", feed_key="in/old"), row("2"), b"broken\n", b"broken\n")
    loading.load("s", row("1", feed_key="in/new"), b"broken\n")
    seen = loading.rows("SELECT snapshot_id, post_id, feed_key FROM post_sightings ORDER BY 1, 2")
    assert seen == [("other", "9", "in/z"), ("s", "1", "in/new")]
    rejected = loading.rows("SELECT snapshot_id, row_number FROM rejected_rows ORDER BY 1, 2")
    assert rejected == [("other", 2), ("s", 2)]


@pytest.mark.parametrize("posts", [500, BATCH_ROWS + 500], ids=["one batch", "several batches"])
def test_snapshots_with_the_same_posts_load_side_by_side(loading: Loading, posts: int) -> None:
    """In opposite orders, which is what deadlocks are made of."""
    forward = [row(f"{number:05d}", like_count=1) for number in range(posts)]
    backward = [row(f"{number:05d}", like_count=2, collected_at=LATER) for number in reversed(range(posts))]
    payloads = {
        "s1": stored(loading.archive, "s1", forward),
        "s2": stored(loading.archive, "s2", backward),
        "s3": stored(loading.archive, "s3", forward[::2] + backward[:100]),
    }
    barrier = threading.Barrier(len(payloads))
    finished: list[str] = []

    def load(snapshot_id: str) -> None:
        barrier.wait(timeout=30)
        for _ in range(3):
            loading.load_payload(snapshot_id, payloads[snapshot_id])
        finished.append(snapshot_id)

    threads = [threading.Thread(target=load, args=(name,)) for name in payloads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(finished) == ["s1", "s2", "s3"]
    assert loading.rows("SELECT count(*), min(like_count), min(collected_at) FROM raw_posts") == [(posts, 2, LATER)]
    assert loading.rows("SELECT count(*) FROM post_metrics") == [(2 * posts,)]


def test_a_reader_sees_all_of_a_snapshot_or_none(loading: Loading) -> None:
    payload = stored(loading.archive, "s", [row(str(number)) for number in range(BATCH_ROWS + 1)])
    counted = sa.text("SELECT count(*) FROM raw_posts")
    with loading.engine.connect() as reader, loading.engine.begin() as conn:
        load_into(conn, "s", payload)
        unseen: Any = reader.execute(counted).scalar_one()
        conn.commit()
        assert (unseen, reader.execute(counted).scalar_one()) == (0, BATCH_ROWS + 1)
