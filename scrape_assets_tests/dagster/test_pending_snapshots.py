"""The sensor `pending_snapshots`, tick by tick."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from scrape_assets.policies import RANGE_END, RANGE_START
from scrape_assets.sensors.pending_snapshots import NobodyAnswered, keys_a_run
from scrape_assets.storage.database import DatabaseUnavailable
from scrape_assets_tests.dagster.world import World, events_of

CLOSED_PORT = "postgresql://nobody:hidden-word@127.0.0.1:1/nowhere"


def ranges(requests: Sequence[dg.RunRequest] | None) -> list[tuple[str, str]]:
    return [(request.tags[RANGE_START], request.tags[RANGE_END]) for request in requests or []]


def test_what_the_vendor_calls_ready_is_registered_and_requested_as_one_range(world: World) -> None:
    keys = sorted(world.triggered_snapshots(3))

    ticked = world.tick("pending_snapshots")

    assert world.registered() == keys
    assert ranges(ticked.run_requests) == [(keys[0], keys[-1])]
    [request] = ticked.run_requests or []
    assert request.partition_key is None
    assert request.run_key is None
    assert request.tags["scrape_assets/attempt"] == "1"
    assert world.calls()["progress"] == {"200": 3}


def test_what_is_requested_once_is_not_requested_again_while_its_run_waits(world: World) -> None:
    world.ready_snapshots(2)
    assert world.tick("pending_snapshots").run_requests

    again = world.tick("pending_snapshots")

    assert not again.run_requests
    assert (
        again.skip_message == "Nothing new is ready. Open: 2 ready. 2 ready wait for a run that is requested already."
    )


def test_a_run_that_never_came_is_requested_again_after_a_quarter_of_an_hour(world: World) -> None:
    [key] = world.insert_snapshots(1, requested_until=datetime.now(UTC) - timedelta(seconds=1))

    assert ranges(world.tick("pending_snapshots").run_requests) == [(key, key)]
    [(held,)] = [(until - datetime.now(UTC),) for until in world.rows("SELECT requested_until FROM snapshots")]
    assert timedelta(minutes=14) < held <= timedelta(minutes=15)


def test_a_tick_requests_a_thousand_ready_snapshots_in_four_runs_and_leaves_the_rest_to_the_next(world: World) -> None:
    keys = world.insert_snapshots(1_001)

    requested = ranges(world.tick("pending_snapshots").run_requests)

    assert requested == [(keys[first], keys[first + 249]) for first in range(0, 1_000, 250)]
    assert world.registered() == keys[:1_000]
    assert ranges(world.tick("pending_snapshots").run_requests) == [(keys[1_000], keys[1_000])]
    assert world.tick("pending_snapshots").run_requests == []


@pytest.mark.parametrize(
    ("ready", "at_once", "size"), [(1_000, None, 250), (1_000, 8, 125), (60, 8, 25), (9_000, 8, 250)]
)
def test_all_who_may_run_at_once_are_given_some(ready: int, at_once: int | None, size: int) -> None:
    assert keys_a_run(ready, at_once) == size


def test_a_retried_snapshot_is_a_range_of_its_own_beside_the_new_ones(world: World) -> None:
    keys = world.insert_snapshots(5, attempts=1)
    world.instance.add_dynamic_partitions("snapshots", keys[:3])
    world.rows("UPDATE snapshots SET status = 'processed' WHERE snapshot_id IN (:a, :b)", a=keys[0], b=keys[2])

    ticked = world.tick("pending_snapshots")

    assert ranges(ticked.run_requests) == [(keys[1], keys[1]), (keys[3], keys[4])]
    assert [request.tags["scrape_assets/attempt"] for request in ticked.run_requests or []] == ["2", "2"]


def test_retried_snapshots_that_lie_far_apart_are_moved_together_into_one_run(world: World) -> None:
    keys = world.insert_snapshots(12)
    world.instance.add_dynamic_partitions("snapshots", keys[:10])
    for done in keys[:10:2]:
        world.rows("UPDATE snapshots SET status = 'processed' WHERE snapshot_id = :key", key=done)
    apart, new = keys[1:10:2], keys[10:]
    world.instance.report_runless_asset_event(dg.AssetMaterialization("snapshots", partition=apart[0]))

    ticked = world.tick("pending_snapshots")

    assert ranges(ticked.run_requests) == [(apart[0], new[-1])]
    assert world.registered() == [*keys[:10:2], *apart, *new]
    assert world.materialized("snapshots") == {apart[0]}


def test_a_snapshot_whose_time_has_not_come_is_left_alone(world: World) -> None:
    world.insert_snapshots(1, next_check_at=datetime.now(UTC) + timedelta(hours=1))

    ticked = world.tick("pending_snapshots")

    assert not ticked.run_requests
    assert (
        ticked.skip_message == "Nothing new is ready. Open: 1 ready. 1 ready wait for the time of their next attempt."
    )


def test_what_is_ready_does_not_wait_for_a_vendor_that_does_not_answer(world: World) -> None:
    world.insert_snapshots(2)
    world.vendor.control.fault("server_error")

    assert len(world.tick("pending_snapshots").run_requests or []) == 1
    assert world.calls() == {}


def test_with_nothing_open_it_says_so(world: World) -> None:
    assert world.tick("pending_snapshots").skip_message == (
        "No snapshot is open: nothing has been asked of the vendor that is not finished."
    )


def test_while_the_vendor_works_it_says_so(world: World) -> None:
    world.vendor.control.settings(latency=600)
    world.triggered_snapshots(2)

    said = world.tick("pending_snapshots").skip_message or ""

    assert said.startswith("Nothing new is ready. Open: 2 ")
    assert "Asked about 2: 2 still being worked on" in said


def test_when_nothing_is_due_it_says_so(world: World) -> None:
    world.insert_snapshots(1, "running", next_check_at=datetime.now(UTC) + timedelta(hours=1))

    assert world.tick("pending_snapshots").skip_message == (
        "Nothing new is ready. Open: 1 running. None is due to be asked about yet."
    )
    assert world.calls() == {}


def test_a_trigger_without_an_answer_is_named_while_it_is_looked_up(world: World) -> None:
    world.vendor.control.fault("reset_before_accept")
    world.triggered_snapshots(1)

    said = world.tick("pending_snapshots").skip_message or ""

    assert "1 triggers have no known answer and are looked up in the vendor's list" in said
    assert world.calls()["snapshots"] == {"200": 1}


def test_some_failed_look_ups_are_told_and_do_not_fail_the_tick(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.vendor.control.settings(latency=600)
    first, *_ = world.triggered_snapshots(3)
    [vendor_id] = world.rows("SELECT vendor_snapshot_id FROM snapshots WHERE snapshot_id = :id", id=first)
    world.vendor.control.fault("server_error", operation="progress", match=vendor_id)
    monkeypatch.setattr("scrape_assets.sources.http.MAX_TRIES", 1)

    said = world.tick("pending_snapshots").skip_message or ""

    assert "Asked about 3: 2 still being worked on" in said
    assert "1 look-ups failed" in said


def test_a_vendor_that_wants_to_be_asked_less_is_left_alone_and_the_tick_says_until_when(world: World) -> None:
    world.vendor.control.settings(latency=600)
    world.triggered_snapshots(3)
    world.vendor.control.fault("throttled", operation="progress", retry_after=600)
    world.tick("pending_snapshots")
    asked = world.calls()["progress"]["429"]

    said = world.tick("pending_snapshots").skip_message or ""

    assert "The vendor is asked nothing more for now, 3 look-ups wait for it: " in said
    assert "is blocked until " in said
    assert "too many running jobs" in said
    assert world.calls()["progress"] == {"429": asked}, "nobody asks before the time is over"
    assert world.rows("SELECT max(checks) FROM snapshots") == [1], "what was not asked is not counted"


def refuse_the_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.vendor.control.fault("unauthorized", operation="progress")


def take_the_key_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRIGHTDATA_API_KEY")


def let_nobody_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIGHTDATA_API_URL", "http://127.0.0.1:1")


@pytest.mark.parametrize("trouble", [refuse_the_key, take_the_key_away, let_nobody_answer])
def test_when_every_look_up_fails_the_tick_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[World, pytest.MonkeyPatch], None]
) -> None:
    world.triggered_snapshots(2)
    # Tried for seconds, three times each, by the transport: not what is tested here.
    monkeypatch.setattr("scrape_assets.sources.http.MAX_TRIES", 1)
    trouble(world, monkeypatch)

    with pytest.raises(NobodyAnswered, match="every look-up at the vendor failed, 2 in all: "):
        world.tick("pending_snapshots")

    assert world.rows("SELECT DISTINCT status FROM snapshots") == ["pending"]


def test_a_list_that_cannot_be_read_fails_the_tick_when_nothing_else_was_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.vendor.control.fault("reset_before_accept")
    world.triggered_snapshots(1)
    monkeypatch.setattr("scrape_assets.sources.http.MAX_TRIES", 1)
    world.vendor.control.fault("server_error", operation="snapshots")

    with pytest.raises(NobodyAnswered):
        world.tick("pending_snapshots")


def test_a_database_that_is_down_fails_the_tick_with_a_plain_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPE_ASSETS_DATABASE_URL", CLOSED_PORT)

    for sensor in ("pending_snapshots", "pending_scrape_jobs"):
        with pytest.raises(DatabaseUnavailable, match="nowhere cannot be used") as failed:
            world.tick(sensor)
        assert "hidden-word" not in str(failed.value)


def test_what_a_dead_process_held_is_processed_after_all(world: World) -> None:
    [key] = world.ready_snapshots(1)
    world.rows(
        "UPDATE snapshots SET status = 'processing', lease_owner = 'run:gone', leased_until = now() - interval '1 s'"
    )

    result = world.process()

    assert events_of(result) == [("snapshots", key), ("raw_posts", key), ("creator_content", key)]
    assert world.rows("SELECT attempts, status FROM snapshots") == [(1, "processed")]
