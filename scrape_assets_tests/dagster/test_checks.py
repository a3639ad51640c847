"""The asset checks: what each lets pass, and what it stops."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa

from scrape_assets.checks import evaluate_checks
from scrape_assets.storage.schema import (
    creator_content,
    creators,
    post_sightings,
    raw_posts,
    snapshots,
)
from scrape_assets_tests.dagster.world import World

SNAPSHOT = "linkedin-20261120-000000000000000000"
COLLECTED = datetime(2026, 11, 20, 8, tzinfo=UTC)


@dataclass
class Content:
    """Posts of one snapshot, as a load and a match would leave them."""

    world: World

    def post(self, post_id: str, **columns: object) -> None:
        complete = {
            "platform": "linkedin",
            "post_id": post_id,
            "url": f"https://www.linkedin.com/posts/{post_id}",
            "kind": "post",
            "author_key": "in/ada-arendt",
            "text": "An invented post.",
            "posted_at": COLLECTED - timedelta(days=1),
            "collected_at": COLLECTED,
            "snapshot_id": SNAPSHOT,
            "payload_uri": "memory:/payload",
            "payload_row": 1,
            "mapping_version": 1,
        }
        seen = {"snapshot_id": SNAPSHOT, "platform": "linkedin", "post_id": post_id, "feed_key": "in/ada-arendt"}
        self._insert(raw_posts, {**complete, **columns})
        self._insert(post_sightings, seen)

    def match(self, creator_id: str, post_id: str, role: str = "author") -> None:
        found = {
            "creator_id": creator_id,
            "platform": "linkedin",
            "post_id": post_id,
            "role": role,
            "method": "profile_key",
            "confidence": 0.95,
            "snapshot_id": SNAPSHOT,
        }
        self._insert(creator_content, found)

    def snapshot(self, snapshot_id: str = SNAPSHOT, **columns: object) -> None:
        row = {
            "snapshot_id": snapshot_id,
            "partition_key": snapshot_id,
            "source": "brightdata",
            "platform": "linkedin",
            "collection_date": COLLECTED.date(),
            "status": "processed",
            "inputs": [],
            "creator_urls": [],
            "loaded_at": datetime.now(UTC),
            "matched_at": datetime.now(UTC),
            "payload_rows": 10,
            "rows_rejected": 0,
        }
        self._insert(snapshots, {**row, **columns})

    def earlier_snapshots(self, count: int, posts: int, matched: int) -> None:
        for number in range(count):
            self.snapshot(f"earlier-{number}", posts_retrieved=posts, posts_matched=matched)

    def verdict(self, asset: str, check: str) -> dg.AssetCheckResult:
        key = dg.AssetCheckKey(dg.AssetKey(asset), check)
        with self.world.flow() as ctx:
            [result] = evaluate_checks(ctx, {asset: [SNAPSHOT]}, [key])
        return result

    def _insert(self, table: sa.Table, row: dict[str, Any]) -> None:
        with self.world.engine.begin() as conn:
            conn.execute(sa.insert(table).values(**row))


@pytest.fixture
def content(world: World) -> Content:
    with world.engine.begin() as conn:
        conn.execute(sa.insert(creators), [{"creator_id": one, "name": one} for one in ("ada", "bram")])
    return Content(world)


def all_well(content: Content) -> None:
    content.snapshot(vendor_records=10, posts_retrieved=2, posts_matched=2)
    content.earlier_snapshots(5, posts=10, matched=8)
    for post_id in ("1", "2"):
        content.post(post_id)
        content.match("ada", post_id)
        content.match("bram", post_id, role="mentioned")


CHECKS = [
    ("raw_posts", "required_fields", "all 2 posts complete"),
    ("raw_posts", "no_duplicates", "each URL stands for one post"),
    ("raw_posts", "plausible_times", "all times are possible"),
    ("raw_posts", "rejected_share", "0 of 10 rows rejected (0.0%)"),
    ("raw_posts", "vendor_count", "as many records as announced"),
    ("creator_content", "required_fields", "each match has its post"),
    ("creator_content", "no_duplicates", "no post has two authors"),
    ("creator_content", "match_rate", "100% of 2 posts matched; the median is 80%"),
]


def test_content_as_it_should_be_passes_every_check(content: Content) -> None:
    all_well(content)

    for asset, check, says in CHECKS:
        result = content.verdict(asset, check)
        assert (result.passed, result.description) == (True, says)


@pytest.mark.parametrize(
    ("gone", "name"),
    [
        ({"posted_at": None}, "time"),
        ({"author_key": None}, "author"),
        ({"url": None}, "url"),
        ({"text": None}, "content"),
    ],
)
def test_posts_that_lack_a_field_are_named_by_the_field(content: Content, gone: dict[str, object], name: str) -> None:
    for number in range(3):
        content.post(f"whole-{number}")
    content.post("lacking", **gone)

    result = content.verdict("raw_posts", "required_fields")

    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    assert result.description == f"1 of 4 posts have no {name}"


def test_a_field_that_most_posts_lack_is_an_error(content: Content) -> None:
    content.post("whole")
    content.post("lacking", posted_at=None)
    content.post("lacking-too", posted_at=None)

    assert content.verdict("raw_posts", "required_fields").severity is dg.AssetCheckSeverity.ERROR


def two_posts_of_one_url(content: Content) -> None:
    content.post("1", url="https://www.linkedin.com/posts/same")
    content.post("2", url="https://www.linkedin.com/posts/same")


def from_the_future(content: Content) -> None:
    content.post("1", posted_at=COLLECTED + timedelta(hours=2))


def from_the_moon_landing(content: Content) -> None:
    content.post("1", posted_at=datetime(1969, 7, 20, tzinfo=UTC))


def many_rejects(content: Content) -> None:
    content.snapshot(payload_rows=10, rows_rejected=3)


def fewer_than_announced(content: Content) -> None:
    content.snapshot(vendor_records=12, payload_rows=10)


def a_match_without_a_post(content: Content) -> None:
    content.match("ada", "nowhere")


def two_authors(content: Content) -> None:
    content.post("1")
    content.match("ada", "1")
    content.match("bram", "1")


def half_of_the_usual_matches(content: Content) -> None:
    content.snapshot(posts_retrieved=10, posts_matched=3)
    content.earlier_snapshots(5, posts=10, matched=8)


@pytest.mark.parametrize(
    ("asset", "check", "trouble", "says", "severity"),
    [
        ("raw_posts", "no_duplicates", two_posts_of_one_url, "1 URLs stand for more than one post", "WARN"),
        ("raw_posts", "plausible_times", from_the_future, "1 posts or more have an impossible time", "ERROR"),
        ("raw_posts", "plausible_times", from_the_moon_landing, "1 posts or more have an impossible time", "ERROR"),
        ("raw_posts", "rejected_share", many_rejects, "3 of 10 rows rejected (30.0%)", "WARN"),
        ("raw_posts", "vendor_count", fewer_than_announced, "1 snapshots are short of records", "ERROR"),
        ("creator_content", "required_fields", a_match_without_a_post, "1 matches have no post", "ERROR"),
        ("creator_content", "no_duplicates", two_authors, "1 posts or more have two authors", "WARN"),
        (
            "creator_content",
            "match_rate",
            half_of_the_usual_matches,
            "30% of 10 posts matched; the median is 80%",
            "WARN",
        ),
    ],
)
def test_what_is_wrong_fails_its_check_and_is_told(
    content: Content, asset: str, check: str, trouble: Callable[[Content], None], says: str, severity: str
) -> None:
    trouble(content)

    result = content.verdict(asset, check)

    assert (result.passed, result.description, result.severity.value) == (False, says, severity)


def test_the_match_rate_is_not_judged_by_a_few_earlier_snapshots(content: Content) -> None:
    content.snapshot(posts_retrieved=10, posts_matched=1)
    content.earlier_snapshots(4, posts=10, matched=9)

    result = content.verdict("creator_content", "match_rate")

    assert result.passed
    assert result.description == "10% of 10 posts matched; 4 earlier snapshots are too few to compare with"


def test_an_asset_that_nothing_new_has_come_to_keeps_its_last_verdict(content: Content) -> None:
    keys = [dg.AssetCheckKey(dg.AssetKey(asset), check) for asset, check, _ in CHECKS]

    with content.world.flow() as ctx:
        assert list(evaluate_checks(ctx, {}, keys)) == []


def test_a_failed_check_does_not_fail_the_run(world: World) -> None:
    world.vendor.control.settings(error_rate=0.7)
    world.ready_snapshots(1)

    result = world.process()

    assert result.success
    [failed] = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert (failed.check_name, failed.description) == ("rejected_share", "2 of 3 rows rejected (66.7%)")


def coverage(posts: int, keys: Sequence[str] = ("id", "text"), **filled: int) -> dict[str, object]:
    """What the loader notes of a snapshot."""
    return {"posts": posts, "filled": filled, "looked_at": 2, "keys": dict.fromkeys(keys, 2)}


def test_a_field_that_vanishes_is_noticed_with_the_keys_that_went_and_came(content: Content) -> None:
    for number in range(4):
        usual = coverage(50, text=49, view_count=number)
        content.snapshot(f"earlier-{number}", posts_retrieved=50, coverage=usual)
    content.snapshot(posts_retrieved=100, coverage=coverage(100, ("id", "body"), text=3, view_count=0))

    result = content.verdict("raw_posts", "field_coverage")

    assert not result.passed
    assert result.description == "linkedin by brightdata: field coverage of text fell from 98% to 3%"
    assert "| linkedin by brightdata | body | text |" in str(result.metadata["keys_of_the_records"].value)


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        (coverage(100, text=60), 4),  # fewer, and not half as many
        (coverage(10, text=0), 4),  # too few posts to tell
        (coverage(100, text=0), 2),  # too few snapshots to know what is usual
        (coverage(0), 4),
    ],
)
def test_what_may_be_chance_is_no_drift(content: Content, now: dict[str, object], earlier: int) -> None:
    for number in range(earlier):
        content.snapshot(f"earlier-{number}", posts_retrieved=50, coverage=coverage(50, text=49))
    content.snapshot(f"mastodon-{earlier}", platform="mastodon", posts_retrieved=50, coverage=coverage(50, url=50))
    content.snapshot(coverage=now)
    assert content.verdict("raw_posts", "field_coverage").passed
