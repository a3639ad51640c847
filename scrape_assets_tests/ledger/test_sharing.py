"""Jobs that ask for the same: a snapshot serves a further one only as long as it serves the first."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from time import monotonic, sleep

import pytest
from sqlalchemy import Connection, Engine, text

from scrape_assets.ledger import jobs, sharing, snapshots
from scrape_assets.ledger.sharing import BeingCollected, Collected
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets_tests.ledger.invented import (
    MINUTE,
    NOW,
    OTHER,
    OWNER,
    add_job,
    claimed_job,
    input_of,
    intend,
    set_job,
    the_job,
    the_snapshot,
)


@pytest.fixture
def first(db: Engine) -> str:
    """A job that a snapshot at the source serves."""
    with db.begin() as conn:
        job_id = claimed_job(conn)
        set_job(conn, job_id, request_key="same")
        snapshot_id = intend(conn, job_id)
        snapshots.accepted(conn, snapshot_id, "v1", now=NOW, next_check_at=NOW, expires_at=None)
    return job_id


def being(conn: Connection) -> BeingCollected:
    [found] = sharing.being_collected(conn, ["same"], NOW)
    return found


def test_a_further_job_stands_in_the_inputs_with_what_is_asked_for_the_first(db: Engine, first: str) -> None:
    with db.begin() as conn:
        late = claimed_job(conn)
        assert sharing.tie(conn, late, being(conn), OWNER)
        snapshot = the_snapshot(conn, str(the_job(conn, late).snapshot_id))
        assert [(one.job_id, one.input) for one in snapshot.inputs] == [
            (first, input_of(first).input),
            (late, input_of(first).input),
        ]
        assert [one.job_id for one in snapshot.sent] == [first]
        assert the_job(conn, late).lease_owner is None
        assert set(jobs.served_by(conn, snapshot.snapshot_id)) == {first, late}


@pytest.mark.parametrize(
    "ended",
    [
        lambda conn, job: jobs.complete(conn, job, 1, None, NOW),
        lambda conn, job: jobs.cancel(conn, job, NOW),
        lambda conn, job: set_job(conn, job, snapshot_id="another"),
        lambda conn, _: conn.execute(text("UPDATE snapshots SET status = 'processed'")),
        lambda conn, _: conn.execute(text("UPDATE snapshots SET inputs = '[]'")),
        lambda conn, _: conn.execute(text("DELETE FROM snapshots")),
    ],
)
def test_what_serves_the_first_no_more_serves_nobody(
    db: Engine, first: str, ended: Callable[[Connection, str], object]
) -> None:
    with db.begin() as conn:
        late, to = claimed_job(conn), being(conn)
        ended(conn, first)
        assert not sharing.tie(conn, late, to, OWNER)
        assert (the_job(conn, late).status, the_job(conn, late).snapshot_id) == ("processing", None)


def test_a_snapshot_that_is_being_closed_is_waited_for_and_then_serves_nobody(db: Engine, first: str) -> None:
    with db.begin() as conn:
        late, to = claimed_job(conn), being(conn)
    tied: list[bool] = []

    def tie() -> None:
        with db.begin() as conn:
            tied.append(sharing.tie(conn, late, to, OWNER))

    thread = Thread(target=tie)
    with db.begin() as closing:
        assert sharing.lock_inputs(closing, to.snapshot_id)
        thread.start()
        end = monotonic() + 20
        while not closing.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar():
            assert monotonic() < end, "it did not wait"
            sleep(0.01)
        jobs.complete(closing, first, 1, None, NOW)
    thread.join()
    assert tied == [False]
    with db.connect() as conn:
        assert len(the_snapshot(conn, to.snapshot_id).inputs) == 1


def done(conn: Connection, first: str) -> Collected:
    return Collected("same", first, "anna", "brightdata", "s1", 7, None, NOW)


@pytest.mark.parametrize(
    "deed",
    [
        lambda conn, job, _: sharing.tie(conn, job, being(conn), OTHER),
        lambda conn, job, first: sharing.complete_with(conn, job, done(conn, first), warning="w", now=NOW, owner=OTHER),
        lambda conn, job, _: sharing.wait_for_equal(conn, job, why="w", next_attempt_at=NOW, owner=OTHER),
    ],
)
def test_nobody_speaks_for_a_job_that_somebody_else_holds(
    db: Engine, first: str, deed: Callable[[Connection, str, str], object]
) -> None:
    with db.begin() as conn:
        held = claimed_job(conn)
        before, snapshot = the_job(conn, held), the_snapshot(conn, str(the_job(conn, first).snapshot_id))
        with pytest.raises(IllegalTransition, match="is held by"):
            deed(conn, held, first)
        assert the_job(conn, held) == before
        assert the_snapshot(conn, snapshot.snapshot_id) == snapshot
        pending = add_job(conn)
        with pytest.raises(IllegalTransition):
            deed(conn, pending, first)


def test_the_latest_answer_that_is_not_too_old_is_given_first(db: Engine, first: str) -> None:
    with db.begin() as conn:
        snapshot_id = str(the_job(conn, first).snapshot_id)
        snapshots.observed(conn, snapshot_id, SnapshotStatus.READY, now=NOW + MINUTE)
        assert sharing.collected_since(conn, ["same"], NOW) == []
        jobs.complete(conn, first, 7, "a remark", NOW + 10 * MINUTE)
        [found] = sharing.collected_since(conn, ["same", "other"], NOW + MINUTE)
        assert (found.job_id, found.posts_found, found.warning, found.collected_at) == (
            first,
            7,
            "a remark",
            NOW + MINUTE,
        )
        assert sharing.collected_since(conn, ["same"], NOW + MINUTE + timedelta(seconds=1)) == []
        assert sharing.collected_since(conn, ["other"], NOW) == []
        assert sharing.being_collected(conn, ["same"], NOW) == []


def test_who_waits_for_an_equal_job_keeps_the_turn_and_every_attempt(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        sharing.wait_for_equal(conn, job_id, why="the same is under way", next_attempt_at=NOW + MINUTE, owner=OWNER)
        job = the_job(conn, job_id)
    assert (job.status, job.attempts, job.error_class, job.error) == ("pending", 0, None, "the same is under way")
    assert (job.due_since, job.next_attempt_at, job.lease_owner) == (NOW, NOW + MINUTE, None)
