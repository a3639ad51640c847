"""Jobs that are given a snapshot which was found, and snapshots that are taken up: only what waits for them moves."""

import pytest
from sqlalchemy.engine import Engine

from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import IllegalTransition, JobStatus
from scrape_assets.ledger.states import SnapshotStatus as S
from scrape_assets_tests.ledger.invented import (
    NOW,
    add_job,
    claimed_job,
    intend,
    set_job,
    snapshot_in,
    the_job,
    the_snapshot,
)


def test_a_pending_job_and_one_whose_snapshot_is_gone_are_tied(db: Engine) -> None:
    with db.begin() as conn:
        pending, orphan, held, served = add_job(conn), add_job(conn), claimed_job(conn), claimed_job(conn)
        set_job(conn, orphan, status=JobStatus.PROCESSING, snapshot_id="gone")
        intend(conn, served)
        before = [the_job(conn, held), the_job(conn, served)]
        assert {job.job_id for job in jobs.without_snapshot(conn, "linkedin", 10)} == {pending, orphan}

        tied = jobs.adopt(conn, [pending, orphan, held, served], "found", now=NOW, served_as={"source": "brightdata"})

        assert set(tied) == {pending, orphan}
        for job in (the_job(conn, pending), the_job(conn, orphan)):
            assert (job.status, job.snapshot_id, job.source) == (JobStatus.PROCESSING, "found", "brightdata")
            assert (job.lease_owner, job.attempts) == (None, 0)
        assert [the_job(conn, held), the_job(conn, served)] == before


def test_a_job_comes_back_only_to_the_snapshot_that_it_ended_with(db: Engine) -> None:
    with db.begin() as conn:
        mine, others, called_off = (claimed_job(conn) for _ in range(3))
        snapshot_id = intend(conn, mine, others, called_off)
        for job_id in (mine, others):
            jobs.fail(conn, job_id, error_class=ErrorClass.NETWORK, error="gone", now=NOW)
        set_job(conn, others, snapshot_id="another")
        jobs.cancel(conn, called_off, NOW)

        assert jobs.adopt_again(conn, [mine, others, called_off], snapshot_id, NOW) == [mine]

        job = the_job(conn, mine)
        assert (job.status, job.attempts, job.failures, job.finished_at) == (JobStatus.PROCESSING, 0, {}, None)
        assert the_job(conn, others).status is JobStatus.FAILED
        assert the_job(conn, called_off).status is JobStatus.CANCELED


@pytest.mark.parametrize("status", [S.FAILED, S.DEAD, S.EXPIRED])
def test_what_was_given_up_is_taken_up_with_every_attempt_before_it(db: Engine, status: S) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status, attempts=4, failures={"network": 4}, error="it fell over")
        snapshots.take_up(conn, snapshot_id, now=NOW, vendor_snapshot_id="s_1", triggered_at=NOW, expires_at=NOW)
        taken = the_snapshot(conn, snapshot_id)
    assert (taken.status, taken.attempts, taken.failures, taken.vendor_snapshot_id) == (S.PENDING, 0, {}, "s_1")
    assert (taken.recovered_at, taken.next_check_at, taken.error) == (NOW, NOW, "it fell over")


@pytest.mark.parametrize("status", [S.PENDING, S.READY, S.PROCESSING, S.PROCESSED, S.CANCELED])
def test_what_was_not_given_up_is_not_taken_up(db: Engine, status: S) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status)
        with pytest.raises(IllegalTransition, match=f"is {status} and cannot become pending"):
            snapshots.take_up(conn, snapshot_id, now=NOW)
