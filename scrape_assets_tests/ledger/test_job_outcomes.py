"""What becomes of a job, and what it refuses to become."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine

from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import IllegalTransition, JobStatus, NotInLedger
from scrape_assets_tests.ledger.invented import (
    MINUTE,
    NOW,
    OTHER,
    OWNER,
    add_job,
    claim,
    claimed_job,
    intend,
    set_job,
    the_job,
)


def retry(conn: Connection, job_id: str) -> JobStatus:
    return jobs.retry_later(
        conn,
        job_id,
        error_class=ErrorClass.SERVER,
        error="HTTP 502",
        now=NOW,
        next_attempt_at=NOW + MINUTE,
    )


def fail(conn: Connection, job_id: str) -> None:
    jobs.fail(conn, job_id, ErrorClass.BAD_REQUEST, "no profile", NOW)


def complete(conn: Connection, job_id: str) -> None:
    jobs.complete(conn, job_id, posts_found=3, warning="1 page was dead", now=NOW)


def cancel(conn: Connection, job_id: str) -> None:
    jobs.cancel(conn, job_id, NOW)


def replay(conn: Connection, job_id: str) -> None:
    jobs.replay(conn, job_id, NOW)


LEAVES: list[tuple[Callable[[Connection, str], object], set[JobStatus], JobStatus]] = [
    (retry, {JobStatus.PROCESSING}, JobStatus.PENDING),
    (fail, {JobStatus.PENDING, JobStatus.PROCESSING}, JobStatus.FAILED),
    (complete, {JobStatus.PROCESSING}, JobStatus.COMPLETED),
    (cancel, {JobStatus.PENDING, JobStatus.PROCESSING}, JobStatus.CANCELED),
    (replay, {JobStatus.FAILED, JobStatus.DEAD}, JobStatus.PENDING),
]


@pytest.mark.parametrize("status", JobStatus)
@pytest.mark.parametrize(("change", "leaves", "to"), LEAVES)
def test_a_change_holds_only_from_the_states_it_may_leave(
    db: Engine,
    change: Callable[[Connection, str], object],
    leaves: set[JobStatus],
    to: JobStatus,
    status: JobStatus,
) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        set_job(conn, job_id, status=status)
        before = the_job(conn, job_id)
        if status in leaves:
            change(conn, job_id)
            assert the_job(conn, job_id).status is to
        else:
            with pytest.raises(IllegalTransition, match=f"Job {job_id} is {status} and cannot become") as refusal:
                change(conn, job_id)
            assert refusal.value.actual is status
            assert to in refusal.value.wanted
            assert the_job(conn, job_id) == before


@pytest.mark.parametrize("change", [retry, fail, complete, cancel, replay])
def test_a_job_that_is_not_there_is_said_to_be_missing(db: Engine, change: Callable[[Connection, str], object]) -> None:
    with db.begin() as conn, pytest.raises(NotInLedger, match="no job 'nobody'"):
        change(conn, "nobody")


def test_a_source_without_time_costs_no_attempt(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn, max_attempts=1)
        intend(conn, job_id)
        jobs.postpone(
            conn, job_id, error_class=ErrorClass.THROTTLED, error="too many running jobs", next_attempt_at=NOW + MINUTE
        )
        job = the_job(conn, job_id)
    assert (job.status, job.attempts, job.snapshot_id) == (JobStatus.PENDING, 0, None)
    assert (job.error_class, job.next_attempt_at) == (ErrorClass.THROTTLED, NOW + MINUTE)


def test_a_retry_waits_frees_the_job_of_its_snapshot_and_says_why(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        intend(conn, job_id)
        assert retry(conn, job_id) is JobStatus.PENDING
        job = the_job(conn, job_id)
        assert not claim(conn, job_id)
    assert (job.attempts, job.snapshot_id, job.next_attempt_at) == (1, None, NOW + MINUTE)
    assert (job.error_class, job.error, job.lease_owner) == (ErrorClass.SERVER, "HTTP 502", None)


def test_the_last_attempt_makes_a_dead_letter_that_keeps_its_snapshot(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn, max_attempts=1)
        snapshot_id = intend(conn, job_id)
        assert retry(conn, job_id) is JobStatus.DEAD
        job = the_job(conn, job_id)
    assert (job.status, job.attempts, job.snapshot_id) == (JobStatus.DEAD, 1, snapshot_id)
    assert job.finished_at == NOW


def test_a_replayed_job_has_every_attempt_before_it(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn, max_attempts=1)
        intend(conn, job_id)
        retry(conn, job_id)
        jobs.replay(conn, job_id, NOW)
        [job] = claim(conn, job_id)
    assert (job.attempts, job.snapshot_id, job.finished_at) == (0, None, None)


def test_a_completed_job_says_what_was_found_and_forgets_earlier_errors(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        retry(conn, job_id)
        set_job(conn, job_id, next_attempt_at=NOW)
        claim(conn, job_id)
        complete(conn, job_id)
        job = the_job(conn, job_id)
    assert (job.posts_found, job.warning, job.error, job.finished_at) == (3, "1 page was dead", None, NOW)
    assert (job.attempts, job.lease_owner, job.leased_until) == (1, None, None)


def test_missing_is_not_zero_in_a_completed_job(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        jobs.complete(conn, job_id, posts_found=None, warning=None, now=NOW)
        assert the_job(conn, job_id).posts_found is None


def test_failing_counts_an_attempt_only_if_there_was_one(db: Engine) -> None:
    with db.begin() as conn:
        untouched, taken = add_job(conn), claimed_job(conn)
        fail(conn, untouched)
        fail(conn, taken)
        assert (the_job(conn, untouched).attempts, the_job(conn, taken).attempts) == (0, 1)


def test_an_error_that_no_text_column_takes_still_fails_the_job(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        jobs.fail(conn, job_id, ErrorClass.BAD_DATA, "line 3: \0 \udc80", NOW)
        assert the_job(conn, job_id).error == "line 3: \ufffd ?"


def test_jobs_are_assigned_all_or_none(db: Engine) -> None:
    with db.begin() as conn:
        mine, pending, theirs = claimed_job(conn), add_job(conn), add_job(conn)
        claim(conn, theirs, owner=OTHER)
        for refused in (pending, theirs):
            with pytest.raises(IllegalTransition, match=f"Job {refused}"):
                jobs.assign_snapshot(conn, [mine, refused], "linkedin-1", OWNER)
        with pytest.raises(NotInLedger):
            jobs.assign_snapshot(conn, [mine, "nobody"], "linkedin-1", OWNER)
        assert the_job(conn, mine).snapshot_id is None
        jobs.assign_snapshot(conn, [mine], "linkedin-1", OWNER)
        job = the_job(conn, mine)
    assert (job.status, job.snapshot_id) == (JobStatus.PROCESSING, "linkedin-1")
    assert (job.lease_owner, job.leased_until) == (None, None)


def test_a_job_is_never_served_by_two_snapshots(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        jobs.assign_snapshot(conn, [job_id], "linkedin-1", OWNER)
        with pytest.raises(IllegalTransition, match="held by nobody"):
            jobs.assign_snapshot(conn, [job_id], "linkedin-2", OWNER)
        assert the_job(conn, job_id).snapshot_id == "linkedin-1"


def test_of_two_ends_at_the_same_moment_one_holds_and_the_other_is_told(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
    with db.begin() as first:
        complete(first, job_id)
    with (
        db.begin() as second,
        pytest.raises(IllegalTransition, match="is completed and cannot become canceled"),
    ):
        cancel(second, job_id)
