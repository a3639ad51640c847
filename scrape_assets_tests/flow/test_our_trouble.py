"""Trouble on our side, or that nobody thought of: it costs the snapshot nothing, and others nothing at all."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.taking import download, process, setbacks, stages
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.loader import load_payload
from scrape_assets_tests.flow.one_snapshot import assert_whole, later, make_many_ready, make_ready
from scrape_assets_tests.flow.world import World


@pytest.fixture
def ready(world: World) -> World:
    return make_ready(world)


class Killed(BaseException):
    """The process dies here; no handler of ours runs."""


def test_one_broken_snapshot_does_not_hold_up_the_others(world: World) -> None:
    make_many_ready(world, 4)
    world.control.fault("corrupt_gzip", match="yard-2")
    outcomes = world.process()
    assert sorted(outcome.error is None for outcome in outcomes) == [False, True, True, True]
    assert Counter(one.status.value for one in world.snapshots()) == {"processed": 3, "ready": 1}


def test_a_failure_that_nobody_thought_of_is_the_snapshots_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours, met by one payload, must neither take the others of the run down nor be tried for ever."""
    make_many_ready(world, 3)
    unlucky = world.snapshots()[1].snapshot_id
    download_it = download._download

    def surprised(ctx: object, snapshot: Snapshot, *rest: object) -> object:
        if snapshot.snapshot_id == unlucky:
            raise ZeroDivisionError("nobody thought of this")
        return download_it(ctx, snapshot, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(download, "_download", surprised)
    outcomes = world.process()
    assert [one.error for one in outcomes if one.failed] == ["nobody thought of this"]
    assert sum(not one.failed for one in outcomes) == 2
    for _ in range(3):
        later(world, hours=7)
    dead = next(one for one in world.snapshots() if one.snapshot_id == unlucky)
    assert (dead.status, dead.failures) == (SnapshotStatus.DEAD, {"bad_data": 3})
    assert world.statuses() == {"completed": 2, "failed": 1}


def test_a_disk_in_trouble_is_not_the_snapshots_fault(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_download", full)
    for _ in range(6):
        [outcome] = later(ready)
        assert "No space left" in str(outcome.error)
    assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.READY, 0)
    monkeypatch.undo()
    later(ready)
    assert_whole(ready)


def test_a_connection_lost_while_loading_loses_the_load_and_no_attempt(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(conn: Connection, **named: Any) -> object:
        report = load_payload(conn, **named)
        backend = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        ready.rows("SELECT pg_terminate_backend(:pid)", pid=backend)
        return report

    monkeypatch.setattr(stages, "load_payload", cut_off)
    [outcome] = ready.process()
    assert "terminat" in str(outcome.error)
    assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.READY, 0)
    assert ready.count("raw_posts") == 0
    monkeypatch.undo()
    later(ready)
    assert_whole(ready)
    assert ready.download_calls() == {"": 1}


def test_a_failure_that_cannot_even_be_written_down_is_told_and_comes_back_by_itself(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("put back", None, Exception("the database is down"))

    ready.control.fault("cut_body", times=1)
    monkeypatch.setattr(setbacks, "_put_back", down)
    keys = [ready.snapshot().partition_key]
    claimed, _ = claim_for_processing(ready.ctx, keys, ALL_STAGES, only_ready=True)
    outcome = process.process_one(ready.ctx, claimed[0])
    assert "the database is down" in str(outcome.error)
    assert outcome.what_next == "it comes back by itself when its lease runs out"
    monkeypatch.undo()
    ready.clock.forward(minutes=5)
    reclaim_expired(ready.ctx)
    later(ready)
    assert_whole(ready)


def test_a_run_that_is_interrupted_gives_back_what_it_had_not_begun(ready: World) -> None:
    def interrupt(*_: object, **__: object) -> Iterator[bytes]:
        raise Killed

    ready.ctx.vendor.download = interrupt  # type: ignore[method-assign,assignment]
    with pytest.raises(Killed):
        ready.process()
    snapshot = ready.snapshot()
    assert (snapshot.status, snapshot.attempts, snapshot.lease_owner) == (SnapshotStatus.READY, 0, None)
