"""The checks of the tables as a whole: each seen passing, and failing with its figures and exactly its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.operations.checking.judging import WHOLE, Judged, judge
from scrape_assets.operations.checking.platforms import usual_distance
from scrape_assets.operations.checking.told import TOLD
from scrape_assets.storage import schema
from scrape_assets_tests.flow.world import NOW, TODAY, World

DAY = timedelta(days=1)


class Tables:
    """Rows as collections would have left them, and the checks over them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._number = 0

    def insert(self, table: sa.Table, *rows: dict[str, Any]) -> None:
        with self.world.engine.begin() as conn:
            conn.execute(sa.insert(table), list(rows))

    def run(self, statement: str) -> None:
        with self.world.engine.begin() as conn:
            conn.execute(sa.text(statement))

    def snapshot(
        self, days_ago: float, *, posts: int = 10, matched: int = 8, inputs: int = 10, **columns: object
    ) -> str:
        """A processed snapshot."""
        self._number += 1
        at = NOW - DAY * days_ago
        row = {
            "snapshot_id": f"s-{self._number}",
            "partition_key": f"s-{self._number}",
            "source": "brightdata",
            "platform": "linkedin",
            "collection_date": TODAY,
            "status": "processed",
            "inputs": [{}] * inputs,
            "creator_urls": [],
            "created_at": at,
            "loaded_at": at,
            "matched_at": at,
            "processed_at": at,
            "posts_retrieved": posts,
            "posts_matched": matched,
        }
        self.insert(schema.snapshots, {**row, **columns})
        return f"s-{self._number}"

    def post(self, post_id: str, days_ago: float = 1, **columns: object) -> None:
        row = {
            "platform": "linkedin",
            "post_id": post_id,
            "kind": "post",
            "posted_at": NOW - DAY * days_ago,
            "collected_at": NOW - DAY * days_ago,
            "snapshot_id": "s-1",
            "payload_uri": "p",
            "payload_row": 1,
            "mapping_version": 1,
        }
        self.insert(schema.raw_posts, {**row, **columns})

    def judged(self, name: str) -> Judged:
        """One check, now."""
        [found] = judge(self.world.ctx, {key: how for key, how in WHOLE.items() if key[1] == name})
        return found

    def passes(self, name: str) -> str:
        """What it says; it must pass, and show no rows."""
        judged = self.judged(name)
        assert judged.verdict.passed, judged.message
        return judged.message

    def fails(self, name: str, severity: str) -> tuple[str, Sequence[tuple[Any, ...]]]:
        """What it found, and the rows that its statement finds when a person pastes it."""
        judged = self.judged(name)
        verdict, told = judged.verdict, judged.told
        assert (verdict.passed, verdict.severity) == (False, severity), judged.message
        assert severity in told.severity, "the severity is documented"
        assert judged.message == f"{verdict.says}. {told.means} {told.by_itself} {told.todo}"
        assert verdict.failing
        with self.world.engine.connect() as conn:
            rows = conn.exec_driver_sql(verdict.failing.pasted).all()
        return verdict.says, [tuple(row) for row in rows]


@pytest.fixture
def tables(world: World) -> Tables:
    return Tables(world)


def test_in_an_empty_deployment_every_check_passes_and_says_so(tables: Tables) -> None:
    judged = list(judge(tables.world.ctx))
    assert [(one.asset, one.name) for one in judged if not one.verdict.passed] == []
    assert {(one.asset, one.name) for one in judged} == set(WHOLE) <= set(TOLD)
    assert tables.passes("fresh") == "no platform is collected yet"


def test_a_platform_is_late_by_its_own_distance_and_only_when_somebody_follows_it(tables: Tables) -> None:
    tables.world.creator("harbour", "https://www.linkedin.com/company/harbour-lamps")
    for days_ago in (4, 3, 2):
        tables.snapshot(days_ago)
        tables.snapshot(days_ago, platform="instagram")  # nobody follows anybody there
    tables.snapshot(1.4)
    assert tables.passes("fresh") == "one platform collected lately enough"

    tables.world.clock.forward(hours=3)  # 36.6 hours
    tables.world.ask_for("harbour", status="dead", error_class="server", created_at=NOW)
    says, rows = tables.fails("fresh", "WARN")
    assert (
        says == "1 of 1 platforms are late: linkedin. linkedin was last processed 37 hours ago, usually every 24 hours"
    )
    assert [(row[1], row[2]) for row in rows] == [("harbour", "dead")]
    assert tables.judged("fresh").verdict.page == "/jobs?platform=linkedin"

    tables.world.clock.forward(days=2)
    assert tables.fails("fresh", "ERROR")[0].endswith("usually every 24 hours")

    tables.run("DELETE FROM snapshots WHERE snapshot_id IN ('s-3', 's-5')")  # every third day is usual now
    tables.run("UPDATE snapshots SET processed_at = processed_at - interval '2 days' WHERE snapshot_id = 's-1'")
    assert tables.passes("fresh") == "one platform collected lately enough"


@pytest.mark.parametrize(
    ("days", "distance"), [([], 1), ([0], 1), ([0, 1, 2], 1), ([0, 1, 4, 7], 3), ([7, 0, 7], 7), ([0, 1, 2, 20], 1)]
)
def test_the_usual_distance_is_the_median_of_the_days_between_and_a_day_where_none_is_known(
    days: list[int], distance: int
) -> None:
    assert usual_distance(TODAY + DAY * number for number in days) == DAY * distance


def test_a_platform_that_was_asked_for_and_never_came_is_late_and_says_who_cannot_be_asked(tables: Tables) -> None:
    tables.world.creator("harbour", "https://www.linkedin.com/company/harbour-lamps")
    tables.world.ask_for("harbour", created_at=NOW - timedelta(hours=30))
    assert tables.passes("fresh") == "no platform is collected yet"

    tables.world.clock.forward(hours=7)
    tables.world.ctx = tables.world.context("host:1:test", key="")
    says, rows = tables.fails("fresh", "ERROR")
    assert "linkedin was never processed within 28 days" in says
    assert "nobody can be asked: brightdata is not configured: BRIGHTDATA_API_KEY not set" in says
    assert len(rows) == 1


def test_a_source_that_brings_nothing_where_it_used_to_is_told_by_what_opens_its_breaker(tables: Tables) -> None:
    for days_ago in (9, 8, 7):
        tables.snapshot(days_ago)
    for days_ago in (3, 2):
        tables.snapshot(days_ago, posts=0)
    assert tables.passes("not_empty") == "1 sources bring posts as before"

    third = tables.snapshot(1, posts=0)
    says, rows = tables.fails("not_empty", "ERROR")
    assert "brightdata (linkedin) answers, but its last 3 collections (30 inputs) brought nothing" in says
    assert [row[0] for row in rows] == [third, "s-5", "s-4"]

    tables.snapshot(0.5)
    assert tables.passes("not_empty") == "1 sources bring posts as before"


def test_one_address_under_two_ids_is_found_across_snapshots_and_spellings_but_not_in_old_posts(tables: Tables) -> None:
    tables.post("old-1", 15, url="https://example.com/old")
    tables.post("old-2", 15, url="https://example.com/old")
    tables.post("1", url="https://www.example.com/p/1/")
    tables.post("elsewhere", platform="x", url="https://example.com/p/1")
    tables.post("another", url="https://example.com/p/12")
    tables.post("old-3", 15, url="https://example.com/p/1")
    assert tables.passes("one_post_one_id") == "each address of the last 14 days stands for one post"

    tables.post("urn:1", url="http://example.com/p/1", snapshot_id="s-2")
    says, rows = tables.fails("one_post_one_id", "WARN")
    assert says == "1 addresses of the last 14 days stand under more than one id (linkedin)"
    assert [(row[1], sorted(row[3])) for row in rows] == [("example.com/p/1", ["1", "urn:1"])]

    tables.world.set(checks={"duplicates_days": 366})
    assert "2 addresses" in tables.fails("one_post_one_id", "WARN")[0]


def test_a_profile_or_an_account_with_two_owners_at_a_time_is_found_and_one_handed_over_is_not(tables: Tables) -> None:
    tables.insert(schema.creators, *({"creator_id": one, "name": one} for one in ("ada", "bram")))

    def profile(creator_id: str, key: str, **columns: object) -> None:
        row = {"creator_id": creator_id, "platform": "linkedin", "profile_key": key, "profile_url": f"u/{key}"}
        tables.insert(schema.creator_profiles, {**row, **columns})

    profile("ada", "in/ada", valid_to=NOW, platform_user_id="1")
    profile("bram", "in/ada", valid_from=NOW)
    profile("bram", "in/ada-b", platform="x", platform_user_id="1")  # another platform's number
    profile("ada", "in/ada-2", platform_user_id="1", valid_from=NOW)  # her own account under a new name
    assert tables.passes("one_owner") == "no profile belongs to two creators at a time"

    tables.run("UPDATE creator_profiles SET valid_from = valid_from - interval '1 day' WHERE creator_id = 'bram'")
    says, rows = tables.fails("one_owner", "ERROR")
    assert says == "1 profiles belong to two creators at a time: in/ada (linkedin) to ada and bram"
    assert [row[:4] for row in rows] == [("linkedin", "in/ada", "ada", "bram")]

    tables.run("DELETE FROM creator_profiles WHERE profile_key = 'in/ada' AND creator_id = 'bram'")
    profile("bram", "in/somebody", platform_user_id="1")
    assert [row[1] for row in tables.fails("one_owner", "ERROR")[1]] == ["1", "1"]


def test_rows_without_their_post_or_snapshot_are_found_in_every_table(tables: Tables) -> None:
    tables.snapshot(1)
    tables.post("there")
    tables.insert(schema.creators, {"creator_id": "ada", "name": "Ada"})
    tables.insert(schema.events, {"event_id": "fair", "name": "Fair", "starts_at": NOW - DAY, "ends_at": NOW})
    children: list[tuple[sa.Table, dict[str, Any]]] = [
        (schema.post_metrics, {"observed_at": NOW}),
        (schema.post_sightings, {"feed_key": ""}),
        (schema.creator_content, {"creator_id": "ada", "role": "author", "method": "handle", "confidence": 1.0}),
        (schema.event_posts, {"event_id": "fair", "matched_by": "search"}),
    ]
    for table, columns in children:
        tables.insert(table, {"platform": "linkedin", "post_id": "there", "snapshot_id": "s-1", **columns})
    assert tables.passes("no_orphans") == "no row of the samples lacks its post or its snapshot"

    tables.post("of-no-snapshot", 20, snapshot_id="gone")
    assert tables.fails("no_orphans", "WARN")[0].endswith("1 of raw_posts without snapshot")
    for number, (table, columns) in enumerate(children):
        tables.insert(table, {"platform": "linkedin", "post_id": f"gone-{number}", "snapshot_id": "s-1", **columns})
    says, rows = tables.fails("no_orphans", "ERROR")
    assert says == (
        "5 rows of the samples lack their parent: 1 of creator_content without post, 1 of event_posts without post, "
        "1 of post_metrics without post, 1 of post_sightings without post, 1 of raw_posts without snapshot"
    )
    assert {row[2] for row in rows} == {"of-no-snapshot", "gone-0", "gone-1", "gone-2", "gone-3"}

    tables.run(
        "DELETE FROM event_posts; DELETE FROM creator_content; DELETE FROM post_metrics; DELETE FROM post_sightings"
    )
    tables.world.set(keep_days={"scrape_jobs": 93, "payloads": 30})
    tables.run("UPDATE raw_posts SET collected_at = collected_at - interval '1 year' WHERE post_id = 'of-no-snapshot'")
    assert tables.passes("no_orphans"), "its snapshot was not to be kept"


def test_a_payload_that_is_gone_is_found_and_told_whether_the_vendor_has_it(tables: Tables) -> None:
    world = tables.world
    assert tables.passes("payloads_kept") == "no payload yet"
    world.creator("harbour", "https://www.linkedin.com/company/harbour-lamps")
    world.run()
    assert tables.passes("payloads_kept") == "1 payloads were looked for, and are there"

    uri = str(world.snapshot().payload_uri)
    gone = tables.snapshot(40, payload_uri=f"{uri}.gone", expires_at=NOW - DAY)
    says, rows = tables.fails("payloads_kept", "ERROR")
    assert (
        says == "1 of 2 payloads that were looked for are missing (it is not there), 0 of them are still at the vendor"
    )
    assert [row[0] for row in rows] == [gone]
    tables.run("UPDATE snapshots SET expires_at = now() + interval '1 year'")
    assert "1 of them are still at the vendor" in tables.fails("payloads_kept", "ERROR")[0]


def test_the_newest_snapshots_of_a_platform_together_are_held_against_the_weeks_before(tables: Tables) -> None:
    for days_ago in (20, 19, 18):
        tables.snapshot(days_ago)
        tables.snapshot(days_ago, platform="x", matched=1)
    for days_ago in (5, 4, 3, 2, 1):
        latest = tables.snapshot(days_ago, matched=4)
        tables.snapshot(days_ago, platform="x", matched=1)
    assert "linkedin: 40% of 50 posts matched; the median is 80%; x: 10%" in tables.passes("match_rate_lately")

    tables.run(f"UPDATE snapshots SET posts_matched = 3 WHERE snapshot_id = '{latest}'")
    for post_id in ("matched", "nobody's"):
        tables.post(post_id, snapshot_id=latest)
        seen = {"platform": "linkedin", "post_id": post_id, "feed_key": "", "snapshot_id": latest}
        tables.insert(schema.post_sightings, seen)
    tables.insert(schema.creators, {"creator_id": "ada", "name": "Ada"})
    match = {"creator_id": "ada", "role": "author", "method": "handle", "confidence": 1.0, "snapshot_id": latest}
    tables.insert(schema.creator_content, {"platform": "linkedin", "post_id": "matched", **match})
    says, rows = tables.fails("match_rate_lately", "WARN")
    assert says == "linkedin: 38% of 50 posts matched; the median is 80%"
    assert [row[0] for row in rows] == ["nobody's"]
