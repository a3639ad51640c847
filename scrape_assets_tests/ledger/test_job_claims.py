"""Claims of jobs: order, leases, and two processes at once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Priority
from scrape_assets.ledger.states import IllegalTransition, JobStatus
from scrape_assets_tests.ledger.invented import (
    LEASE,
    MINUTE,
    NOW,
    OTHER,
    OWNER,
    TODAY,
    add_job,
    claim,
    claimed_job,
    intend,
    new_job,
    set_job,
    the_job,
)


def test_high_goes_before_normal_before_low_and_then_the_longest_due(db: Engine) -> None:
    with db.begin() as conn:
        low = add_job(conn, priority=Priority.LOW, next_attempt_at=NOW - timedelta(hours=5))
        late = add_job(conn, next_attempt_at=NOW - MINUTE)
        early = add_job(conn, next_attempt_at=NOW - 2 * MINUTE)
        high = add_job(conn, priority=Priority.HIGH)
        assert [job.job_id for job in claim(conn, limit=3)] == [high, early, late]
        assert [job.job_id for job in claim(conn, limit=3)] == [low]


def test_only_due_jobs_of_the_asked_platform_date_and_ids_are_claimed(db: Engine) -> None:
    with db.begin() as conn:
        wanted = add_job(conn)
        others = [
            add_job(conn, next_attempt_at=NOW + MINUTE),
            add_job(conn, platform="x"),
            add_job(conn, collection_date=TODAY - timedelta(days=1)),
        ]
        add_job(conn)
        taken = jobs.claim_jobs(
            conn,
            platform="linkedin",
            collection_date=TODAY,
            owner=OWNER,
            lease=LEASE,
            now=NOW,
            limit=10,
            job_ids=[wanted, *others],
            run_id="a-run",
        )
    assert [job.job_id for job in taken] == [wanted]
    [job] = taken
    assert (job.status, job.attempts, job.run_id) == (JobStatus.PROCESSING, 0, "a-run")
    assert (job.lease_owner, job.leased_until, job.started_at) == (OWNER, NOW + LEASE, NOW)


def test_only_the_asked_targets_are_claimed_and_their_holder_names_the_profile(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn, target_id="jane", profile_url=None)
        add_job(conn, target_id="joe")
        [job] = jobs.claim_jobs(
            conn,
            platform="linkedin",
            collection_date=None,
            owner=OWNER,
            lease=LEASE,
            now=NOW,
            limit=10,
            target_ids=["jane"],
        )
        assert job.job_id == job_id
        with pytest.raises(IllegalTransition, match=f"held by {OWNER}, not by {OTHER}"):
            jobs.name_profile(conn, job_id, "https://www.linkedin.com/in/joe", OTHER)
        jobs.name_profile(conn, job_id, "https://www.linkedin.com/in/jane", OWNER)
        assert the_job(conn, job_id).profile_url == "https://www.linkedin.com/in/jane"


def test_started_at_is_the_first_claim_and_a_claim_answers_the_request(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        set_job(conn, job_id, started_at=NOW - timedelta(days=1))
        jobs.mark_requested(conn, [job_id], until=NOW + MINUTE, now=NOW)
        [job] = claim(conn, job_id)
    assert job.started_at == NOW - timedelta(days=1)
    assert job.requested_until is None


def test_a_job_set_back_by_hand_is_claimed_free_of_its_old_snapshot(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        set_job(conn, job_id, snapshot_id="linkedin-old", finished_at=NOW)
        [job] = claim(conn, job_id)
        assert (job.snapshot_id, job.finished_at) == (None, None)
        [back] = jobs.reclaim_expired(conn, NOW + LEASE)
    assert back.job_id == job_id


def test_a_claim_does_not_wait_for_another_that_is_not_committed(db: Engine) -> None:
    with db.begin() as conn:
        for _ in range(6):
            add_job(conn)
    with db.begin() as first, db.begin() as second:
        mine = {job.job_id for job in claim(first, limit=4)}
        theirs = {job.job_id for job in claim(second, limit=4, owner=OTHER)}
    assert (len(mine), len(theirs)) == (4, 2)
    assert not mine & theirs


def test_threads_that_claim_at_once_share_the_jobs_without_a_rest(db: Engine) -> None:
    with db.begin() as conn:
        everything = set(jobs.add_jobs(conn, [new_job() for _ in range(120)]))
    taken: list[str] = []
    start = threading.Barrier(4)

    def work(owner: str) -> None:
        start.wait()
        while True:
            with db.begin() as conn:
                claimed = claim(conn, limit=7, owner=owner)
            if not claimed:
                return
            taken.extend(job.job_id for job in claimed)

    threads = [threading.Thread(target=work, args=(f"host:{number}:cccc",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 120
    assert set(taken) == everything


def test_a_renewed_lease_is_not_reclaimed_and_another_owners_is(db: Engine) -> None:
    with db.begin() as conn:
        mine, theirs = add_job(conn), add_job(conn)
        claim(conn, mine)
        claim(conn, theirs, owner=OTHER)
        assert jobs.renew_leases(conn, OWNER, LEASE, NOW + 4 * MINUTE) == 1
        [lost] = jobs.reclaim_expired(conn, NOW + 6 * MINUTE)
        assert the_job(conn, mine).status is JobStatus.PROCESSING
    assert (lost.job_id, lost.status, lost.attempts) == (theirs, JobStatus.PENDING, 1)
    assert (lost.error_class, lost.lease_owner, lost.next_attempt_at) == (
        ErrorClass.LEASE_LOST,
        None,
        NOW + 6 * MINUTE,
    )
    assert lost.error == f"The process {OTHER} ended before it asked the source"


def test_a_job_that_kills_its_process_every_time_ends_dead(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn, max_attempts=2)
        for expected in (JobStatus.PENDING, JobStatus.DEAD):
            [held] = claim(conn, job_id)
            [lost] = jobs.reclaim_expired(conn, NOW + LEASE)
            assert (held.job_id, lost.status) == (job_id, expected)
            set_job(conn, job_id, next_attempt_at=NOW)
        assert lost.finished_at == NOW + LEASE
        assert not claim(conn, job_id)


def test_a_job_whose_snapshot_is_on_its_way_is_not_reclaimed(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        intend(conn, job_id)
        assert jobs.reclaim_expired(conn, NOW + timedelta(days=1)) == []
        assert jobs.release_run(conn, OWNER, NOW, count_attempt=True) == []
        assert jobs.release(conn, OWNER) == []
        assert the_job(conn, job_id).status is JobStatus.PROCESSING


def test_a_running_transaction_keeps_its_job_even_when_the_lease_is_over(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
    with db.begin() as slow, db.begin() as sweep:
        jobs.complete(slow, job_id, posts_found=3, warning=None, now=NOW)
        assert jobs.reclaim_expired(sweep, NOW + timedelta(days=1)) == []


def test_released_jobs_are_due_again_with_no_attempt_spent(db: Engine) -> None:
    with db.begin() as conn:
        first, second, theirs = claimed_job(conn), claimed_job(conn), add_job(conn)
        claim(conn, theirs, owner=OTHER)
        assert jobs.release(conn, OWNER, [first, theirs]) == [first]
        assert jobs.release(conn, OWNER) == [second]
        assert [job.attempts for job in claim(conn)] == [0, 0]


@pytest.mark.parametrize(("count_attempt", "attempts"), [(True, 1), (False, 0)])
def test_what_a_gone_run_held_comes_back(db: Engine, count_attempt: bool, attempts: int) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        assert jobs.release_run(conn, OTHER, NOW, count_attempt=count_attempt) == []
        [job] = jobs.release_run(conn, OWNER, NOW, count_attempt=count_attempt)
    assert (job.job_id, job.status, job.attempts) == (job_id, JobStatus.PENDING, attempts)
    assert (job.error is not None) is count_attempt


def test_a_run_cut_off_on_purpose_never_makes_a_job_dead(db: Engine) -> None:
    with db.begin() as conn:
        claimed_job(conn, max_attempts=1)
        [job] = jobs.release_run(conn, OWNER, NOW, count_attempt=False)
    assert job.status is JobStatus.PENDING


def test_a_process_that_lost_its_lease_cannot_speak_for_the_new_holder(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        jobs.reclaim_expired(conn, NOW + LEASE)
        set_job(conn, job_id, next_attempt_at=NOW)
        claim(conn, job_id, owner=OTHER)
        with pytest.raises(IllegalTransition, match=f"held by {OTHER}, not by {OWNER}"):
            jobs.fail(conn, job_id, ErrorClass.BAD_REQUEST, "late", NOW, owner=OWNER)
        assert the_job(conn, job_id).status is JobStatus.PROCESSING
