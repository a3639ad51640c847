"""The table of retries: which class waits, which counts, which ends at once, and when to try again."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import OURS, RETRYABLE, ErrorClass
from scrape_assets.ledger.jobs import NewJob
from scrape_assets.ledger.retries import BASE_SECONDS, BUDGETS, CAP_SECONDS, MOST_ATTEMPTS, again_at, is_last
from scrape_assets.ledger.snapshots import NewSnapshot
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets_tests.ledger.invented import (
    LEASE,
    NOW,
    OWNER,
    add_job,
    claim,
    claimed_job,
    intend,
    snapshot_in,
    the_job,
    the_snapshot,
)

C = ErrorClass

# Written down a second time, in another form, so that a slip in the table shows.
WAITS = {C.THROTTLED, C.REFUSED, C.PAYMENT, C.NOT_CONFIGURED, C.BUDGET}
COUNTS = {C.NETWORK: 10, C.SERVER: 10, C.VENDOR_FAILED: 5, C.LEASE_LOST: 5, C.BAD_DATA: 3}
ENDS = {C.NOT_FOUND, C.BAD_REQUEST}


def fail_once(conn: Connection, job_id: str, error_class: ErrorClass) -> JobStatus:
    claim(conn, job_id)
    return jobs.retry_later(conn, job_id, error_class=error_class, error="no", now=NOW, next_attempt_at=NOW)


def fail_processing_once(conn: Connection, snapshot_id: str, error_class: ErrorClass) -> SnapshotStatus:
    [one] = snapshots.claim_processing(conn, [snapshot_id], owner=OWNER, lease=LEASE, now=NOW)
    status = snapshots.put_back(
        conn, snapshot_id, error_class=error_class, error="no", next_check_at=None, count_attempt=True
    )
    foretold = is_last(error_class, one.failures.get(error_class, 0), one.attempts, one.max_attempts, patient=True)
    assert foretold == (status is SnapshotStatus.DEAD), "the table in Python and in SQL are one"
    return status


def test_every_class_stands_in_the_table_once_and_nowhere_else() -> None:
    assert set(BUDGETS) == set(ErrorClass) == WAITS | set(COUNTS) | ENDS
    assert set(OURS) == WAITS
    assert set(RETRYABLE) == {*COUNTS, C.THROTTLED}
    assert {name for name, budget in BUDGETS.items() if budget.ends_at_once} == ENDS
    assert all(budget.waits for budget in BUDGETS.values())


@pytest.mark.parametrize("error_class", sorted(WAITS))
def test_what_waits_spends_nothing_however_often(db: Engine, error_class: ErrorClass) -> None:
    with db.begin() as conn:
        job_id, snapshot_id = add_job(conn, max_attempts=1), snapshot_in(conn, SnapshotStatus.READY, max_attempts=1)
        for _ in range(20):
            assert fail_once(conn, job_id, error_class) is JobStatus.PENDING
            assert fail_processing_once(conn, snapshot_id, error_class) is SnapshotStatus.READY
        assert (the_job(conn, job_id).attempts, the_job(conn, job_id).failures) == (0, {})
        assert (the_snapshot(conn, snapshot_id).attempts, the_snapshot(conn, snapshot_id).failures) == (0, {})
        assert the_job(conn, job_id).error_class is error_class


@pytest.mark.parametrize(("error_class", "tries"), COUNTS.items())
def test_what_counts_dies_when_the_tries_of_its_class_are_spent(
    db: Engine, error_class: ErrorClass, tries: int
) -> None:
    with db.begin() as conn:
        job_id, snapshot_id = add_job(conn), snapshot_in(conn, SnapshotStatus.READY)
        for _ in range(tries - 1):
            assert fail_once(conn, job_id, error_class) is JobStatus.PENDING
            assert fail_processing_once(conn, snapshot_id, error_class) is SnapshotStatus.READY
        assert fail_once(conn, job_id, error_class) is JobStatus.DEAD
        assert fail_processing_once(conn, snapshot_id, error_class) is SnapshotStatus.DEAD
        job, snapshot = the_job(conn, job_id), the_snapshot(conn, snapshot_id)
    for spent in (job, snapshot):
        assert (spent.attempts, spent.failures) == (tries, {error_class: tries})


@pytest.mark.parametrize("error_class", sorted(ENDS))
def test_what_ends_at_once_has_no_second_try(db: Engine, error_class: ErrorClass) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        assert fail_once(conn, job_id, error_class) is JobStatus.DEAD
        assert the_job(conn, job_id).failures == {error_class: 1}


def test_a_snapshot_that_was_called_ready_is_not_given_up_at_the_first_404(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, SnapshotStatus.READY, max_attempts=3)
        ends = [fail_processing_once(conn, snapshot_id, C.NOT_FOUND) for _ in range(3)]
    assert ends == [SnapshotStatus.READY, SnapshotStatus.READY, SnapshotStatus.DEAD]


def test_each_class_has_its_own_tries_and_all_together_are_the_attempts(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        for error_class in (C.BAD_DATA, C.SERVER, C.THROTTLED, C.BAD_DATA, C.NETWORK):
            assert fail_once(conn, job_id, error_class) is JobStatus.PENDING
        job = the_job(conn, job_id)
        assert (job.attempts, job.failures) == (4, {"bad_data": 2, "server": 1, "network": 1})
        assert fail_once(conn, job_id, C.BAD_DATA) is JobStatus.DEAD


def test_a_row_that_fails_in_ever_new_ways_ends_at_the_limit_over_all_classes(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn, max_attempts=3)
        ends = [fail_once(conn, job_id, error_class) for error_class in (C.SERVER, C.NETWORK, C.VENDOR_FAILED)]
        assert ends == [JobStatus.PENDING, JobStatus.PENDING, JobStatus.DEAD]
        snapshot_id = snapshot_in(conn, SnapshotStatus.READY, max_attempts=2)
        assert fail_processing_once(conn, snapshot_id, C.SERVER) is SnapshotStatus.READY
        assert fail_processing_once(conn, snapshot_id, C.NETWORK) is SnapshotStatus.DEAD


def test_processes_that_die_are_counted_as_a_class_of_their_own(db: Engine) -> None:
    with db.begin() as conn:
        job_id, snapshot_id = claimed_job(conn), snapshot_in(conn, SnapshotStatus.READY)
        snapshots.claim_processing(conn, [snapshot_id], owner=OWNER, lease=LEASE, now=NOW)
        jobs.reclaim_expired(conn, NOW + LEASE)
        snapshots.reclaim_expired(conn, NOW + LEASE)
        assert the_job(conn, job_id).failures == the_snapshot(conn, snapshot_id).failures == {"lease_lost": 1}


def test_what_is_given_up_counts_its_last_attempt_by_class_too(db: Engine) -> None:
    with db.begin() as conn:
        untouched, taken = add_job(conn), claimed_job(conn)
        for job_id in (untouched, taken):
            jobs.fail(conn, job_id, C.BAD_REQUEST, "no profile", NOW)
        assert (the_job(conn, untouched).failures, the_job(conn, taken).failures) == ({}, {"bad_request": 1})
        snapshot_id = snapshot_in(conn, SnapshotStatus.PROCESSING)
        snapshots.fail_processing(conn, snapshot_id, C.BAD_DATA, "no")
        assert the_snapshot(conn, snapshot_id).failures == {"bad_data": 1}


def test_a_replay_has_every_attempt_before_it_and_what_was_stays_in_the_history(db: Engine) -> None:
    with db.begin() as conn:
        anew, again = add_job(conn), claimed_job(conn)
        for _ in range(3):
            fail_once(conn, anew, C.BAD_DATA)
        snapshot_id = intend(conn, again)
        jobs.fail(conn, again, C.BAD_DATA, "its snapshot is dead", NOW)
        jobs.replay(conn, anew, NOW)
        assert jobs.rejoin(conn, [again], snapshot_id) == [again]
        for job_id in (anew, again):
            assert (the_job(conn, job_id).attempts, the_job(conn, job_id).failures) == (0, {})
        assert the_job(conn, again).status is JobStatus.PROCESSING
        told = conn.exec_driver_sql(
            "SELECT to_status, attempts FROM state_changes WHERE subject_id = %s ORDER BY change_id", (anew,)
        ).all()
    assert told[-2:] == [("dead", 3), ("pending", 0)]
    assert [attempts for _, attempts in told] == [0, 1, 1, 2, 2, 3, 0]


@pytest.mark.parametrize("status", [status for status in JobStatus if status not in (JobStatus.FAILED, JobStatus.DEAD)])
def test_only_what_ended_badly_waits_for_its_snapshot_again(db: Engine, status: JobStatus) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        snapshot_id = intend(conn, job_id)
        conn.exec_driver_sql("UPDATE scrape_jobs SET status = %s", (status,))
        assert jobs.rejoin(conn, [job_id], snapshot_id) == []
        conn.exec_driver_sql("UPDATE scrape_jobs SET status = 'dead'")
        assert jobs.rejoin(conn, [job_id], "another") == []


def test_jobs_and_snapshots_have_the_limit_of_the_table_unless_they_say_otherwise(db: Engine) -> None:
    assert NewJob.max_attempts == NewSnapshot.max_attempts == MOST_ATTEMPTS
    assert max(budget.tries or 0 for budget in BUDGETS.values()) <= MOST_ATTEMPTS
    with db.begin() as conn:
        conn.exec_driver_sql("INSERT INTO scrape_jobs (target_id, platform) VALUES ('somebody', 'x')")
        assert conn.exec_driver_sql("SELECT max_attempts FROM scrape_jobs").scalar_one() == MOST_ATTEMPTS


def waits(error_class: ErrorClass, spent: int = 0, **more: object) -> list[float]:
    rng = random.Random(7)
    moments = [again_at(error_class, spent, NOW, rng, **more) for _ in range(400)]  # type: ignore[arg-type]
    return sorted((moment - NOW).total_seconds() for moment in moments)


def test_waits_double_with_full_jitter_up_to_the_cap() -> None:
    for spent, ceiling in ((0, BASE_SECONDS), (3, 8 * BASE_SECONDS), (40, CAP_SECONDS)):
        found = waits(C.SERVER, spent)
        assert 1 <= found[0] < 0.05 * ceiling
        assert 0.95 * ceiling < found[-1] <= ceiling
        assert 0.4 * ceiling < sum(found) / len(found) < 0.6 * ceiling


def test_the_settings_scale_every_class_alike() -> None:
    assert waits(C.BAD_DATA, 1, base_seconds=6)[-1] == pytest.approx(waits(C.BAD_DATA, 1)[-1] / 10, rel=0.1)
    assert waits(C.SERVER, 20, cap_seconds=60)[-1] <= 60
    assert waits(C.REFUSED, base_seconds=6)[0] == pytest.approx(waits(C.REFUSED)[0] / 10, rel=0.1)


def test_nobody_comes_before_the_source_allows_it_nor_all_at_its_first_second() -> None:
    asked = timedelta(minutes=10)
    for error_class in (C.THROTTLED, C.SERVER, C.PAYMENT):
        found = waits(error_class, 0, retry_after=asked)
        assert found[0] >= 600
        assert 30 < found[-1] - found[0] <= BASE_SECONDS


def test_without_a_word_of_the_source_a_person_s_trouble_waits_a_quarter_of_an_hour() -> None:
    assert (waits(C.THROTTLED)[0], waits(C.REFUSED)[0]) >= (60, 900)
    assert set(waits(C.LEASE_LOST, 4)) == {0}
