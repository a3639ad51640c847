"""The asset checks: what each lets pass, and what it stops."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.checks import evaluate_checks
from scrape_assets.flow.context import open_context
from scrape_assets.operations.checking.told import TOLD
from scrape_assets.settings import Settings
from scrape_assets.storage.schema import (
    creator_content,
    creators,
    post_metrics,
    post_sightings,
    raw_posts,
    rejected_rows,
    scrape_jobs,
    snapshots,
)
from scrape_assets_tests.dagster.world import World

SNAPSHOT = "linkedin-20261120-000000000000000000"
COLLECTED = datetime(2026, 11, 20, 8, tzinfo=UTC)


@dataclass
class Content:
    """Posts of one snapshot, as a load and a match would leave them. No vendor, and nothing is recorded in Dagster."""

    engine: Engine

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
            "processed_at": datetime.now(UTC),
            "payload_rows": 10,
            "rows_rejected": 0,
        }
        self._insert(snapshots, {**row, **columns})

    def earlier_snapshots(self, count: int, posts: int, matched: int) -> None:
        for number in range(count):
            self.snapshot(f"earlier-{number}", posts_retrieved=posts, posts_matched=matched)

    def observed(self, post_id: str, likes: int, days: int = 0) -> None:
        """Its likes, so many days after it was collected by the snapshot; by an earlier one where days are negative."""
        row = {"platform": "linkedin", "post_id": post_id, "observed_at": COLLECTED + timedelta(days=days)}
        self._insert(post_metrics, {**row, "like_count": likes, "snapshot_id": SNAPSHOT if days >= 0 else "earlier"})

    def rejected(self, row_number: int, snapshot_id: str = SNAPSHOT) -> None:
        row = {"snapshot_id": snapshot_id, "row_number": row_number, "payload_uri": "memory:/payload"}
        self._insert(rejected_rows, {**row, "reason": "source_error", "detail": "Page is private"})

    def event_job(self, snapshot_id: str) -> None:
        job = {"target_kind": "event", "target_id": "fair", "platform": "linkedin", "status": "completed"}
        self._insert(scrape_jobs, {**job, "snapshot_id": snapshot_id})

    def pasted(self, result: dg.AssetCheckResult) -> list[Any]:
        """What the statement that the failed check shows finds, its first column."""
        sql = str(result.metadata["these_rows"].value).removeprefix("```sql\n").removesuffix("\n```")
        with self.engine.connect() as conn:
            return [row[0] for row in conn.exec_driver_sql(sql)]

    def verdict(self, asset: str, check: str, *partitions: str) -> dg.AssetCheckResult:
        key = dg.AssetCheckKey(dg.AssetKey(asset), check)
        with open_context(Settings.from_environment()) as ctx:
            [result] = evaluate_checks(ctx, {asset: partitions or [SNAPSHOT]}, [key])
        return result

    def _insert(self, table: sa.Table, row: dict[str, Any]) -> None:
        with self.engine.begin() as conn:
            conn.execute(sa.insert(table).values(**row))


@pytest.fixture
def content(db: Engine, monkeypatch: pytest.MonkeyPatch) -> Content:
    address = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("SCRAPE_ASSETS_DATABASE_URL", address)
    with db.begin() as conn:
        conn.execute(sa.insert(creators), [{"creator_id": one, "name": one} for one in ("ada", "bram")])
    return Content(db)


def all_well(content: Content) -> None:
    content.snapshot(vendor_records=10, posts_retrieved=20, posts_matched=20)
    content.earlier_snapshots(5, posts=10, matched=8)
    for post_id in ("1", "2"):
        content.post(post_id)
        content.match("ada", post_id)
        content.match("bram", post_id, role="mentioned")


CHECKS = [
    ("raw_posts", "required_fields", "all 2 posts complete"),
    ("raw_posts", "no_duplicates", "each URL stands for one post"),
    ("raw_posts", "plausible_times", "all times are possible"),
    ("raw_posts", "plausible_counts", "all counts are possible; 0 posts seen before are too few to compare"),
    ("raw_posts", "field_coverage", "nothing to compare yet"),
    ("raw_posts", "schema_drift", "nothing to compare yet"),
    ("raw_posts", "rejected_share", "0 of 10 rows rejected (0.0%)"),
    ("raw_posts", "vendor_count", "as many records as announced"),
    ("creator_content", "required_fields", "each match has its post"),
    ("creator_content", "no_duplicates", "no post has two authors"),
    ("creator_content", "match_rate", "linkedin: 100% of 20 posts matched; the median is 80%"),
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
    assert str(result.description).startswith(f"1 of 4 posts have no {name}. ")
    assert content.pasted(result) == ["linkedin"]


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


def below_zero(content: Content) -> None:
    content.post("1", like_count=-1)
    content.post("2", like_count=0)


def two_numbers_as_one(content: Content) -> None:
    content.post("1", view_count=1_200_300_400_500)
    content.post("2", view_count=100_000_000_000)


def counts_that_fall_together(content: Content) -> None:
    for number in range(20):
        content.post(str(number))
        content.observed(str(number), 100, days=-1)
        content.observed(str(number), 49 if number < 3 else 50)


def many_rejects(content: Content) -> None:
    content.snapshot(payload_rows=10, rows_rejected=3)
    content.snapshot("other", payload_rows=10, rows_rejected=1)
    for number in (1, 2, 3):
        content.rejected(number)
    content.rejected(1, "other")


def mostly_rejects(content: Content) -> None:
    content.snapshot(payload_rows=10, rows_rejected=7)


def fewer_than_announced(content: Content) -> None:
    content.snapshot(vendor_records=12, payload_rows=10)


def a_match_without_a_post(content: Content) -> None:
    content.match("ada", "nowhere")


def two_authors(content: Content) -> None:
    content.post("1")
    content.match("ada", "1")
    content.match("bram", "1")


def half_of_the_usual_matches(content: Content) -> None:
    content.snapshot(posts_retrieved=20, posts_matched=6)
    content.earlier_snapshots(5, posts=10, matched=8)
    for number in range(6):  # many enough to be the median, if they counted
        content.snapshot(f"elsewhere-{number}", platform="mastodon", posts_retrieved=50, posts_matched=0)
        content.snapshot(f"of-an-event-{number}", posts_retrieved=50, posts_matched=0)
        content.event_job(f"of-an-event-{number}")
    content.post("nobody's")
    content.post("ada's")
    content.match("ada", "ada's")


WRONG = [
    (two_posts_of_one_url, "raw_posts", "no_duplicates", "1 URLs stand for more than one post", "WARN", 1),
    (from_the_future, "raw_posts", "plausible_times", "1 posts have an impossible time", "ERROR", 1),
    (from_the_moon_landing, "raw_posts", "plausible_times", "1 posts have an impossible time", "ERROR", 1),
    (below_zero, "raw_posts", "plausible_counts", "1 posts have an impossible count", "ERROR", 1),
    (two_numbers_as_one, "raw_posts", "plausible_counts", "1 posts have an impossible count", "ERROR", 1),
    (
        counts_that_fall_together,
        "raw_posts",
        "plausible_counts",
        "3 of 20 posts seen before have less than half of a count they had (15%)",
        "WARN",
        3,
    ),
    (many_rejects, "raw_posts", "rejected_share", "3 of 10 rows rejected (30.0%)", "WARN", 3),
    (mostly_rejects, "raw_posts", "rejected_share", "7 of 10 rows rejected (70.0%)", "ERROR", 0),
    (fewer_than_announced, "raw_posts", "vendor_count", "1 snapshots are short of records", "ERROR", 1),
    (a_match_without_a_post, "creator_content", "required_fields", "1 matches have no post", "ERROR", 1),
    (two_authors, "creator_content", "no_duplicates", "1 posts have two authors", "WARN", 1),
    (
        half_of_the_usual_matches,
        "creator_content",
        "match_rate",
        "linkedin: 30% of 20 posts matched; the median is 80%",
        "WARN",
        1,
    ),
]


@pytest.mark.parametrize(
    ("trouble", "asset", "check", "says", "severity", "rows"), WRONG, ids=[one[0].__name__ for one in WRONG]
)
def test_what_is_wrong_fails_its_check_tells_what_to_do_and_shows_these_rows(
    content: Content, trouble: Callable[[Content], None], asset: str, check: str, says: str, severity: str, rows: int
) -> None:
    trouble(content)

    result = content.verdict(asset, check)

    told = TOLD[asset, check]
    assert (result.passed, result.severity.value) == (False, severity)
    assert result.description == f"{says}. {told.means} {told.by_itself} {told.todo}"
    assert severity in told.severity, "the severity is documented"
    assert len(content.pasted(result)) == rows


def test_a_check_that_passes_shows_no_statement_and_one_that_fails_its_thresholds(content: Content) -> None:
    content.snapshot(payload_rows=10, rows_rejected=2)
    assert "these_rows" not in content.verdict("raw_posts", "rejected_share").metadata
    content.snapshot("other", payload_rows=10, rows_rejected=10)
    result = content.verdict("raw_posts", "rejected_share", SNAPSHOT, "other")
    assert not result.passed
    assert "| rejected\\_at\\_most | 0.2 |" in str(result.metadata["thresholds"].value)


def test_a_threshold_of_ones_own_is_held(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    many_rejects(content)
    monkeypatch.setenv("SCRAPE_ASSETS_CHECKS", '{"rejected_at_most": 0.3}')
    assert content.verdict("raw_posts", "rejected_share").passed


def test_a_page_is_linked_where_the_settings_know_its_address(
    content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    with content.engine.begin() as conn:
        job = {"target_id": "ada", "platform": "linkedin", "status": "dead", "error": "it's gone; so"}
        conn.execute(sa.insert(scrape_jobs).values(**job, collection_date=COLLECTED.date()))
    monkeypatch.setenv("SCRAPE_ASSETS_PUBLIC_URL", "https://posts.example/")
    result = content.verdict("collections", "dead_letters", "2026-11-20|linkedin")
    assert result.metadata["page"].value == "https://posts.example/dead-letters"
    assert len(content.pasted(result)) == 1


def test_the_match_rate_is_not_judged_by_a_few_earlier_snapshots(content: Content) -> None:
    content.snapshot(posts_retrieved=20, posts_matched=2)
    content.earlier_snapshots(2, posts=10, matched=9)

    result = content.verdict("creator_content", "match_rate")

    assert result.passed
    assert result.description == "linkedin: 10% of 20 posts matched, nothing to compare yet"


def test_an_asset_that_nothing_new_has_come_to_keeps_its_last_verdict(content: Content) -> None:
    keys = [dg.AssetCheckKey(dg.AssetKey(asset), check) for asset, check, _ in CHECKS]

    with open_context(Settings.from_environment()) as ctx:
        assert list(evaluate_checks(ctx, {}, keys)) == []


def test_a_failed_check_does_not_fail_the_run(world: World) -> None:
    world.vendor.control.settings(error_rate=0.7)
    world.ready_snapshots(1)

    result = world.process()

    assert result.success
    [failed] = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert failed.check_name == "rejected_share"
    assert str(failed.description).startswith("2 of 3 rows rejected (66.7%). ")


def coverage(
    posts: int, keys: Sequence[str] = ("id", "text"), looked_at: int = 4, null: Sequence[str] = (), **filled: int
) -> dict[str, object]:
    """What the loader notes of a snapshot."""
    had = dict.fromkeys(keys, looked_at)
    given = {key: count for key, count in had.items() if key not in null}
    return {"posts": posts, "filled": filled, "looked_at": looked_at, "keys": had, "given": given}


def with_earlier(content: Content, count: int, posts: int = 50, **noted: Any) -> None:
    for number in range(count):
        content.snapshot(f"earlier-{number}", posts_retrieved=posts, coverage=coverage(posts, **noted))


def test_a_field_that_vanishes_is_noticed_and_the_posts_without_it_are_shown(content: Content) -> None:
    for number in range(4):
        content.snapshot(f"earlier-{number}", posts_retrieved=50, coverage=coverage(50, text=49, view_count=number))
    content.snapshot(posts_retrieved=100, coverage=coverage(100, ("id", "body"), text=3, view_count=0))
    content.post("with")
    content.post("without", text=None)

    result = content.verdict("raw_posts", "field_coverage")

    assert not result.passed
    assert str(result.description).startswith("linkedin by brightdata: field coverage of text fell from 98% to 3%. ")
    assert (result.metadata["trailing_median"].value, result.metadata["share"].value) == (0.98, 0.03)
    assert len(content.pasted(result)) == 1
    assert "| linkedin by brightdata | body | text |" in str(result.metadata["keys_of_the_records"].value)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (coverage(9, ("id", "body")), "linkedin by brightdata lost text, has new body. "),
        (coverage(9, null=["text"]), "linkedin by brightdata has only null in text. "),
    ],
    ids=["absent", "null"],
)
def test_a_key_that_goes_or_is_null_in_all_is_named_with_those_that_came(
    content: Content, now: dict[str, object], says: str
) -> None:
    with_earlier(content, 3)
    content.snapshot(coverage=now)

    result = content.verdict("raw_posts", "schema_drift")

    assert not result.passed
    assert str(result.description).startswith(says)
    assert content.pasted(result) == [SNAPSHOT]


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (coverage(9, ("id", "text", "extra")), "linkedin by brightdata has new keys: extra"),
        (coverage(9, looked_at=3, keys=("id",)), "nothing to compare yet"),  # too few records were looked at
        (coverage(9), "the records have the keys they had"),
    ],
)
def test_new_keys_are_let_pass_and_named_and_chance_is_no_drift(
    content: Content, now: dict[str, object], says: str
) -> None:
    with_earlier(content, 3)
    content.snapshot("with-a-rare-key", posts_retrieved=50, coverage=coverage(50, ("id", "text", "rare")))
    content.snapshot(coverage=now)

    result = content.verdict("raw_posts", "schema_drift")

    assert (result.passed, result.description) == (True, says)


def test_snapshots_of_a_few_posts_are_nothing_to_compare_with(content: Content) -> None:
    with_earlier(content, 3, posts=4, text=4)
    content.snapshot(coverage=coverage(100, keys=("id",)))
    assert content.verdict("raw_posts", "field_coverage").description == "nothing to compare yet"
    assert content.verdict("raw_posts", "schema_drift").description == "nothing to compare yet"


def test_what_an_older_version_noted_without_values_is_compared_by_keys_alone(content: Content) -> None:
    older = {name: noted for name, noted in coverage(50).items() if name != "given"}
    for number in range(3):
        content.snapshot(f"earlier-{number}", posts_retrieved=50, coverage=older)
    content.snapshot(coverage=coverage(9, null=["text"]))
    assert content.verdict("raw_posts", "schema_drift").passed

    with content.engine.begin() as conn:
        conn.execute(
            sa.update(snapshots).values(coverage=coverage(9, ("id",))).where(snapshots.c.status == "processed")
        )
        conn.execute(sa.update(snapshots).values(coverage=older).where(snapshots.c.snapshot_id != SNAPSHOT))
    assert not content.verdict("raw_posts", "schema_drift").passed


@pytest.mark.parametrize(
    ("now", "earlier", "says"),
    [
        (coverage(100, text=60), 4, "the fields are filled as usual"),  # fewer, and not half as many
        (coverage(10, text=0), 4, "nothing to compare yet"),  # too few posts to tell
        (coverage(100, text=0), 2, "nothing to compare yet"),  # too few snapshots to know what is usual
        (coverage(0), 4, "nothing to compare yet"),
    ],
)
def test_what_may_be_chance_is_no_fallen_field(
    content: Content, now: dict[str, object], earlier: int, says: str
) -> None:
    with_earlier(content, earlier, text=49)
    content.snapshot(f"mastodon-{earlier}", platform="mastodon", posts_retrieved=50, coverage=coverage(50, url=50))
    content.snapshot(coverage=now)
    result = content.verdict("raw_posts", "field_coverage")
    assert (result.passed, result.description) == (True, says)
