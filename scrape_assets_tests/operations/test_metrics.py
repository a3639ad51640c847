"""The figures, as Prometheus reads them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from scrape_assets.ledger import pace
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import Lane
from scrape_assets.operations.metrics import render
from scrape_assets_tests.flow.world import ANNA, HARBOUR, World


def figures(world: World) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name.removeprefix("scrape_assets_"), frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(render(world.ctx))
        for sample in family.samples
    }


def figure(world: World, name: str, **labels: str) -> float | None:
    return figures(world).get((name, frozenset(labels.items())))


def change(world: World, statement: str, **values: Any) -> None:
    with world.engine.begin() as conn:
        conn.execute(sa.text(statement), values)


def test_every_family_is_ours_explained_and_has_its_unit(world: World) -> None:
    world.creator("anna", ANNA)
    world.collect()
    families = list(text_string_to_metric_families(render(world.ctx)))
    assert len(families) == 15
    for family in families:
        assert family.name.startswith("scrape_assets_")
        assert family.type == "gauge"
        assert len(family.documentation) > 20
    named = {family.name.removeprefix("scrape_assets_") for family in families}
    assert {name for name in named if name.endswith(("_seconds", "_usd", "_ratio"))} == {
        "oldest_due_job_seconds",
        "oldest_ready_snapshot_seconds",
        "lane_shut_seconds",
        "lane_pace_ratio",
        "spent_usd",
    }


def test_jobs_and_snapshots_are_counted_in_every_state(world: World) -> None:
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)
    world.set(batch_size=1)
    world.run()
    now = figures(world)
    by_state = {dict(labels)["status"]: value for (name, labels), value in now.items() if name == "jobs"}
    assert by_state == {"pending": 0, "processing": 0, "completed": 2, "failed": 0, "dead": 0, "canceled": 0}
    assert figure(world, "snapshots", platform="linkedin", status="processed") == 2
    assert figure(world, "snapshots", platform="linkedin", status="dead") == 0


def test_what_has_waited_longest_is_told_by_its_age(world: World) -> None:
    world.creator("anna", ANNA)
    world.collect()
    world.poll(minutes=3)
    world.ask_for("anna", next_attempt_at=world.clock() - timedelta(minutes=5))
    world.ask_for("anna", next_attempt_at=world.clock() + timedelta(hours=5))
    world.clock.forward(minutes=10)
    assert figure(world, "oldest_due_job_seconds", platform="linkedin") == 15 * 60
    assert figure(world, "oldest_ready_snapshot_seconds", platform="linkedin") == 10 * 60
    change(world, "UPDATE scrape_jobs SET status = 'canceled'")
    assert figure(world, "oldest_due_job_seconds", platform="linkedin") == 0


def test_calls_are_those_of_the_last_hour_by_what_was_answered(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("lost_answer", times=1)
    world.collect()
    assert figure(world, "calls_last_hour", source="brightdata", status="none") == 1
    # Calls are written with the real time: what is older than an hour is told no more.
    change(world, "UPDATE scrape_attempts SET started_at = :then", then=world.clock() - timedelta(minutes=61))
    assert figure(world, "calls_last_hour", source="brightdata", status="none") is None


def test_dead_letters_are_told_by_cause(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("stuck")
    world.collect()
    world.poll(hours=25)
    labels = {"platform": "linkedin", "error_class": "vendor_failed"}
    assert figure(world, "dead_letters", kind="job", **labels) == 1
    assert figure(world, "dead_letters", kind="snapshot", **labels) == 1


def test_what_expires_unread_is_told_days_before_and_what_did_afterwards(world: World) -> None:
    world.creator("anna", ANNA)
    world.collect()
    told = []
    for days in (11, 2, 4):
        world.clock.forward(days=days)
        names = ("snapshots_expiring_unread", "snapshots_expired_unread")
        told.append(tuple(figure(world, name, platform="linkedin") for name in names))
    assert told == [(0, 0), (1, 0), (0, 1)]
    assert figure(world, "snapshots_expiring_unread", platform="x") == 0


def test_a_lane_that_is_shut_says_for_how_long(world: World) -> None:
    now = world.clock()
    with world.engine.begin() as conn:
        lane = Lane("mastodon", "mastodon", "a.example")
        until = now + timedelta(minutes=7)
        pace.block(conn, lane, until=until, error_class=ErrorClass.THROTTLED, error="too fast", now=now)
        pace.trip(conn, Lane("x", "x"), "it brings nothing", now)
    blocked = {"source": "mastodon", "platform": "mastodon", "credential": "a.example"}
    assert figure(world, "lane_shut_seconds", **blocked) == 7 * 60
    assert figure(world, "lane_breaker_open", **blocked) == 0
    tripped = {"source": "x", "platform": "x", "credential": ""}
    assert figure(world, "lane_breaker_open", **tripped) == 1
    assert (figure(world, "lane_shut_seconds", **tripped) or 0) > 0
    world.clock.forward(minutes=8)
    assert figure(world, "lane_shut_seconds", **blocked) == 0


def test_money_is_told_by_platform_for_the_day_and_the_month(world: World) -> None:
    world.set(brightdata_price_per_record=0.5)
    world.creator("anna", ANNA)
    world.run()
    cost = float(str(world.snapshot().cost_usd))
    change(world, "UPDATE snapshots SET created_at = :now", now=world.clock())
    assert cost > 0
    assert figure(world, "spent_usd", platform="linkedin", period="day") == cost
    world.clock.forward(days=2)
    assert figure(world, "spent_usd", platform="linkedin", period="day") == 0
    assert figure(world, "spent_usd", platform="linkedin", period="month") == cost


def test_an_empty_ledger_has_nothing_to_complain_about(world: World) -> None:
    assert set(figures(world).values()) <= {0.0}
