"""The assets `creator_activity` and `event_coverage`: a range in one run, counted by hand."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import dagster as dg
import pytest

from scrape_assets.resources.flow import FlowResource
from scrape_assets_tests.dagster.world import World, events_of, materializations
from scrape_assets_tests.storage.posted import DAY, Posted, days, moment

ASSETS = ("creator_activity", "event_coverage")
EVE, THREE_DAYS = date(2026, 11, 9), days(date(2026, 11, 9), 3)


@pytest.fixture
def posted(world: World) -> Posted:
    """What is in the tables of that world."""
    posted = Posted(world.engine)
    posted.people()
    return posted


def test_a_days_activity_is_what_a_hand_counts(world: World, posted: Posted) -> None:
    assert world.materialize(["creator_activity"], str(DAY)).success

    nothing = (None,) * 7
    assert posted.rows(
        "SELECT creator_id, platform, posts, reposts, mentioned, like_count, comment_count, share_count, view_count,"
        " save_count, engagement, reach, trailing_posts * 28, trailing_engagement, growth"
        " FROM creator_activity ORDER BY 1, 2"
    ) == [
        ("ada", "linkedin", 2, 0, 0, 15, 2, None, 100, None, 17, 100, 2.0, 2.0, 7.5),
        ("ada", "x", 0, 1, 0, *nothing, 0.0, None, None),
        ("bram", "linkedin", 0, 0, 2, *nothing, 0.0, None, None),
        ("chidi", "linkedin", 1, 0, 0, 0, 0, None, None, None, 0, None, 0.0, None, None),
    ]


def test_a_range_of_days_is_one_run_that_materializes_each_and_shows_it(world: World, posted: Posted) -> None:
    result = world.materialize(ASSETS, *THREE_DAYS)

    assert result.success
    assert sorted(events_of(result)) == [(asset, day) for asset in ASSETS for day in THREE_DAYS]
    assert posted.rows("SELECT activity_date::text, count(*) FROM creator_activity GROUP BY 1 ORDER BY 1") == [
        ("2026-11-09", 1),
        ("2026-11-10", 4),
        ("2026-11-11", 1),
    ]
    shown = materializations(result)["creator_activity", str(DAY)].metadata
    numbers = ("dagster/partition_row_count", "creators", "posts", "reposts", "engagement", "reach")
    assert [shown[name].value for name in numbers] == [4, 2, 3, 1, 17, 100]
    assert str(shown["top_creators"].value).splitlines()[2:] == [
        "| Ada | linkedin | 2 | 0 | 0 | 17 | 100 | +750% |",
        "| Chidi | linkedin | 1 | 0 | 0 | 0 | - | - |",
        "| Ada | x | 0 | 1 | 0 | - | - | - |",
        "| Bram | linkedin | 0 | 0 | 2 | - | - | - |",
    ]
    eve = materializations(result)["creator_activity", "2026-11-09"].metadata
    assert "reach" not in eve  # nobody said


def test_the_days_before_are_a_picture_that_can_be_looked_at(world: World, posted: Posted) -> None:
    shown = materializations(world.materialize(["creator_activity"], str(DAY)))["creator_activity", str(DAY)].metadata

    said, _, image = str(shown["engagement_of_28_days"].value).partition("](data:image/svg+xml;base64,")
    assert said == "![engagement on 2026-11-10: 17; mean of the 28 days before: 2.0"
    drawn = ElementTree.fromstring(base64.b64decode(image.removesuffix(")")))
    bars = [one.get("class") for one in drawn if one.tag.endswith("rect")]
    words = [one.text for one in drawn if one.tag.endswith("text")]
    assert (bars, words) == (["good", "good", "late"], ["13 Oct", "20 Oct", "27 Oct", "03 Nov", "17", "10 Nov"])


def test_an_events_coverage_is_what_a_hand_counts(world: World, posted: Posted) -> None:
    posted.event("fair")
    image, video = {"type": "image", "url": "a"}, {"type": "video", "url": "b"}
    posted.post("en-1", "10 00:00", ("ada", "author"), author_key="in/ada", language="en", media=[image, image])
    posted.post("en-2", "10 23:59", author_key="in/ada", language="en", media=[image, video])
    posted.post("de-1", "10 12:00", ("bram", "mentioned"), author_key="in/eve", language="de")
    posted.post("unsaid", "10 13:00")
    posted.post("another-day", "09 13:00")
    posted.about("fair", "en-1", "en-2", "de-1", "unsaid", "another-day")
    for status, found in (("completed", 7), ("completed", 0), ("failed", None), ("dead", None), ("pending", None)):
        posted.job("fair", status, found=found)
    posted.job("fair", "canceled")
    posted.job("fair", "completed", date(2026, 11, 11), found=0)

    result = world.materialize(["event_coverage"], *THREE_DAYS)

    assert result.success
    assert posted.rows(
        "SELECT coverage_date::text, event_id, platform, posts, authors, creators, languages, media, jobs_asked,"
        " jobs_completed, jobs_failed, posts_found FROM event_coverage ORDER BY 1"
    ) == [
        ("2026-11-09", "fair", "linkedin", 1, 0, 0, {}, {}, 0, 0, 0, None),
        ("2026-11-10", "fair", "linkedin", 4, 2, 1, {"de": 1, "en": 2}, {"image": 2, "video": 1}, 5, 2, 2, 7),
        ("2026-11-11", "fair", "linkedin", 0, 0, 0, {}, {}, 1, 1, 0, 0),
    ]
    shown = materializations(result)["event_coverage", str(DAY)].metadata
    assert str(shown["events"].value).splitlines()[2:] == [
        "| Fair | linkedin | 4 | 2 | 1 | en 2, de 1 | image 2, video 1 |"
    ]
    assert str(shown["asked_and_came"].value).splitlines()[2:] == ["| Fair | linkedin | 5 | 2 | 2 | 7 | 4 |"]
    assert "posts on 2026-11-10: 4; mean of the 28 days before: 0.0" in str(shown["posts_of_28_days"].value)


def test_a_coverage_that_no_longer_holds_is_gone(world: World, posted: Posted) -> None:
    posted.event("fair")
    posted.about("fair", "first")
    world.materialize(["event_coverage"], str(DAY))
    assert posted.rows("SELECT posts FROM event_coverage") == [(1,)]

    world.rows("DELETE FROM event_posts")
    world.materialize(["event_coverage"], str(DAY))

    assert posted.rows("SELECT posts FROM event_coverage") == []


def test_a_backfill_of_any_length_is_one_run(world: World) -> None:
    graph = world.defs.resolve_asset_graph()
    policies = [graph.get(dg.AssetKey(asset)).backfill_policy for asset in ASSETS]
    assert policies == [dg.BackfillPolicy.single_run()] * 2


def test_the_schedule_computes_the_last_days_again_in_one_run(world: World, posted: Posted) -> None:
    with dg.build_schedule_context(
        instance=world.instance,
        scheduled_execution_time=datetime(2026, 11, 11, 7, 30, tzinfo=UTC),
        repository_def=world.defs.get_repository_def(),
        resources={"flow": FlowResource()},
    ) as context:
        ticked = world.defs.resolve_schedule_def("daily_activity").evaluate_tick(context)
    [request] = ticked.run_requests or []

    assert world.run("activity", request).success

    assert request.run_key == "activity-2026-11-11"
    assert [world.materialized(asset) for asset in ASSETS] == [set(days(date(2026, 11, 8), 4))] * 2
    assert posted.rows("SELECT count(*) FROM creator_activity") == [(6,)]


def test_the_growth_of_one_post_can_be_read_from_its_observations(world: World, posted: Posted) -> None:
    for hour, likes in (("11 08:00", 3), ("12 08:00", 9), ("14 08:00", None)):
        world.rows(
            "INSERT INTO post_metrics (platform, post_id, observed_at, like_count, snapshot_id)"
            " VALUES ('linkedin', 'first', :at, :likes, 's')",
            at=moment(hour),
            likes=likes,
        )

    assert posted.rows(
        "SELECT to_char(observed_at, 'DD'), like_count, like_count - lag(like_count) OVER (ORDER BY observed_at)"
        " FROM post_metrics WHERE platform = 'linkedin' AND post_id = 'first' ORDER BY observed_at"
    ) == [("11", 3, None), ("12", 9, 6), ("14", None, None)]
