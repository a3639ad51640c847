"""Jobs that other programs insert with plain SQL: served as they are, or failed with a reason a person understands."""

import json
from datetime import UTC, timedelta

import pytest

from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, TODAY, World


def test_a_row_with_nothing_but_target_and_platform_is_served(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.ask_for("harbour")
    job = world.job()
    world.clock.now = job.next_attempt_at.astimezone(UTC) + timedelta(seconds=1)

    world.collect(job.collection_date, requested_only=True)
    world.poll()
    world.process()

    job = world.job()
    assert (job.status, job.profile_url) == ("completed", HARBOUR)
    assert job.posts_found == world.count("raw_posts") > 0
    assert world.paid() == {HARBOUR: 1}


def test_a_request_for_a_creator_with_two_profiles_is_served_whole(world: World) -> None:
    world.creator("anna", ANNA, HARBOUR)
    world.ask_for("anna", collection_date=TODAY, next_attempt_at=world.clock())
    world.collect(requested_only=True)
    assert world.paid() == {ANNA: 1, HARBOUR: 1}
    world.collect(requested_only=True)
    assert world.paid() == {ANNA: 1, HARBOUR: 1}
    assert world.statuses() == {"processing": 2}


def test_the_urgent_ones_are_asked_for_first(world: World) -> None:
    world.set(batch_size=1)
    for creator, url in (("harbour", HARBOUR), ("mill", MILL)):
        world.creator(creator, url)
    world.ask_for("harbour", collection_date=TODAY, next_attempt_at=world.clock(), priority="low")
    world.ask_for("mill", collection_date=TODAY, next_attempt_at=world.clock(), priority="high")
    world.collect(requested_only=True)
    assert world.paid_together() == [[MILL], [HARBOUR]]


def test_a_time_range_is_what_the_vendor_is_asked_for(world: World) -> None:
    world.creator("harbour", HARBOUR)
    time_range = {"start": "2026-10-01T08:00:00+02:00", "end": "2026-10-03"}
    ask(world, "harbour", {"timeRange": time_range})
    world.collect(requested_only=True)
    [accepted] = world.control.accepted()
    [given] = accepted["inputs"]
    assert (given["start_date"], given["end_date"]) == ("2026-10-01T06:00:00.000Z", "2026-10-03T00:00:00.000Z")


def test_a_profile_named_in_the_request_is_taken_before_those_on_file(world: World) -> None:
    world.creator("harbour", HARBOUR)
    ask(world, "harbour", {"profileUrl": "linkedin.com/company/Tide-Mill/posts?x=1"})
    world.collect(requested_only=True)
    assert world.paid() == {MILL: 1}


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"timeRange": {"start": "soon", "end": "2026-10-03"}}, "timeRange.start is no ISO time: 'soon'"),
        ({"timeRange": {"start": "2026-10-03"}}, "timeRange.end is no ISO time: None"),
        ({"timeRange": {"start": "2026-10-03", "end": "2026-10-01"}}, "cannot end before it starts"),
        ({"timeRange": {"start": "2026-10-03", "end": "2026-10-03"}}, "before it starts"),
        ({"timeRange": {"start": "0001-01-01T00:00+14:00", "end": "2026-10-03"}}, "timeRange.start is no ISO time"),
        ({"timeRange": "last week"}, "timeRange is no .*'last week'"),
        ({"timeRange": []}, "timeRange is no"),
        (["timeRange"], "search_params is no object"),
        (None, "search_params is no object"),
        ({"profileUrl": "https://example.org/nobody"}, "host example.org is not LinkedIn"),
        ({"profileUrl": 7}, "profileUrl is no text"),
    ],
)
def test_what_cannot_be_asked_for_fails_with_its_reason_and_holds_up_nobody(
    world: World, params: object, reason: str
) -> None:
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    bad = ask(world, "harbour", params)
    ask(world, "mill", {})
    world.collect(requested_only=True)
    assert world.paid() == {MILL: 1}
    job = world.job("harbour")
    assert (job.job_id, job.status, job.error_class) == (bad, "failed", "bad_request")
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(job.error)


def test_a_request_for_somebody_unknown_fails_with_the_reason(world: World) -> None:
    ask(world, "nobody", {})
    world.collect(requested_only=True)
    assert (world.job().status, world.job().error) == ("failed", "there is no creator nobody")


def test_a_request_for_an_unknown_event_fails_with_that_reason(world: World) -> None:
    world.ask_for("fair", target_kind="event", collection_date=TODAY, next_attempt_at=world.clock())
    world.collect(requested_only=True)
    assert world.job().status == "failed"
    assert "there is no event fair" in str(world.job().error)


def ask(world: World, creator_id: str, params: object) -> str:
    """Ask for a creator today, with search parameters of any kind."""
    return world.ask_for(
        creator_id, collection_date=TODAY, next_attempt_at=world.clock(), search_params=json.dumps(params)
    )
