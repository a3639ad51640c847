"""What a job asks for, whoever is asked: equal keys, and only those, ask for the same."""

from datetime import timedelta
from typing import Any

import pytest

from scrape_assets.flow.choosing.resolve import asked_of_vendor
from scrape_assets.ledger import jobs
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, TODAY, World

TIME = {"timeRange": {"start": "2026-11-01", "end": "2026-11-08"}}
SAME_TIME = {"timeRange": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T01:00:00+01:00"}}


def key(world: World, platform: str = "linkedin", **columns: Any) -> str:
    """The key of a job that somebody inserts and a collection resolves."""
    new = jobs.NewJob(
        **{
            "target_id": "harbour",
            "platform": platform,
            "collection_date": TODAY,
            "next_attempt_at": world.clock(),
            "profile_url": HARBOUR,
            **columns,
        }
    )
    with world.engine.begin() as conn:
        [job_id] = jobs.add_jobs(conn, [new])
    world.collect(new.collection_date, requested_only=True, force=False)
    with world.engine.connect() as conn:
        job = jobs.get(conn, job_id)
    assert job is not None
    assert job.error is None
    return str(job.request_key)


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ({}, {"target_id": "somebody", "priority": jobs.Priority.HIGH, "origin": jobs.Origin.COLLECTION}),
        ({}, {"profile_url": "http://uk.linkedin.com/company/Harbour-Lamps/posts/?trk=x"}),
        ({}, {"search_params": {"dataset": "posts", "force": True}}),
        ({"search_params": TIME}, {"search_params": SAME_TIME, "collection_date": TODAY - timedelta(days=1)}),
        # A person's feed is limited by number: nothing that is asked depends on the day.
        ({"profile_url": ANNA}, {"profile_url": ANNA, "collection_date": TODAY - timedelta(days=3)}),
        ({"profile_url": ANNA}, {"profile_url": ANNA, "search_params": TIME}),
    ],
)
def test_what_asks_for_the_same_has_the_same_key(world: World, one: dict[str, Any], another: dict[str, Any]) -> None:
    assert key(world, **one) == key(world, **another)


@pytest.mark.parametrize(
    "another",
    [
        {"profile_url": MILL},
        {"collection_date": TODAY - timedelta(days=1)},
        {"search_params": TIME},
    ],
)
def test_what_asks_for_something_else_has_another(world: World, another: dict[str, Any]) -> None:
    assert key(world) != key(world, **another)


def test_what_is_not_resolved_has_none_yet(world: World) -> None:
    world.ask_for("harbour", profile_url=HARBOUR)
    assert world.job().request_key is None
    assert asked_of_vendor(world.ctx, world.job()) is not None


def test_force_that_is_neither_true_nor_false_fails_the_job_with_the_reason(world: World) -> None:
    world.ask_for(
        "harbour",
        profile_url=HARBOUR,
        collection_date=TODAY,
        next_attempt_at=world.clock(),
        search_params='{"force": "yes"}',
    )
    world.collect(requested_only=True)
    assert (world.job().status, world.job().error) == ("failed", "force is neither true nor false: 'yes'")
