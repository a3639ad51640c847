"""From the intent to what the source says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import NewSnapshot
from scrape_assets.ledger.states import IllegalTransition, JobStatus, NotInLedger, SnapshotStatus
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
    input_of,
    intend,
    snapshot_in,
    the_job,
    the_snapshot,
)

S = SnapshotStatus
SOON = NOW + MINUTE


def test_an_intent_is_a_held_snapshot_with_its_jobs_tied_to_it(db: Engine) -> None:
    with db.begin() as conn:
        first, second = claimed_job(conn), claimed_job(conn)
        snapshot_id = intend(conn, first, second)
        snapshot = the_snapshot(conn, snapshot_id)
        served = [the_job(conn, first), the_job(conn, second)]
    assert (snapshot.status, snapshot.lease_owner, snapshot.leased_until) == (
        S.TRIGGERING,
        OWNER,
        NOW + LEASE,
    )
    assert snapshot.partition_key == snapshot_id
    assert snapshot.inputs == (input_of(first), input_of(second))
    assert snapshot.creator_urls == tuple(given.url for given in snapshot.inputs)
    assert (snapshot.vendor_snapshot_id, snapshot.created_at) == (None, NOW)
    assert {job.snapshot_id for job in served} == {snapshot_id}
    assert {job.status for job in served} == {JobStatus.PROCESSING}


def test_nothing_is_intended_for_a_job_that_somebody_else_holds(db: Engine) -> None:
    new = NewSnapshot("linkedin-20261121-a", "brightdata", "linkedin", TODAY, inputs=())
    with db.begin() as conn:
        mine, theirs = claimed_job(conn), add_job(conn)
        claim(conn, theirs, owner=OTHER)
        both = replace(new, inputs=(input_of(mine), input_of(theirs)))
        with pytest.raises(IllegalTransition, match=f"Job {theirs} .* held by {OTHER}"):
            snapshots.record_intent(conn, both, NOW, OWNER, LEASE)
        with pytest.raises(NotInLedger):
            snapshots.record_intent(conn, replace(new, inputs=(input_of("nobody"),)), NOW, OWNER, LEASE)
        with pytest.raises(ValueError, match="no input"):
            snapshots.record_intent(conn, new, NOW, OWNER, LEASE)
    with db.begin() as conn:
        assert snapshots.get(conn, "linkedin-20261121-a") is None
        assert the_job(conn, mine).snapshot_id is None


def test_an_intent_that_cannot_be_written_ties_no_job(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        taken_id = snapshot_in(conn, S.PENDING)
        again = NewSnapshot(taken_id, "brightdata", "linkedin", TODAY, inputs=(input_of(job_id),))
        with pytest.raises(IntegrityError, match="snapshots_pkey"):
            snapshots.record_intent(conn, again, NOW, OWNER, LEASE)
        job = the_job(conn, job_id)
    assert (job.snapshot_id, job.lease_owner) == (None, OWNER)


def test_a_bad_input_is_set_aside_before_the_rest_is_sent_again(db: Engine) -> None:
    with db.begin() as conn:
        good, bad = claimed_job(conn), claimed_job(conn)
        snapshot_id = intend(conn, good, bad)
        snapshots.replace_inputs(conn, snapshot_id, [input_of(good)])
        snapshot = the_snapshot(conn, snapshot_id)
        assert (snapshot.inputs, snapshot.creator_urls) == ((input_of(good),), (input_of(good).url,))
        assert snapshot.status is S.TRIGGERING
        with pytest.raises(ValueError, match="no input left"):
            snapshots.replace_inputs(conn, snapshot_id, [])
        snapshots.accepted(conn, snapshot_id, "s_1", now=NOW, next_check_at=SOON, expires_at=None)
        with pytest.raises(IllegalTransition, match="is pending"):
            snapshots.replace_inputs(conn, snapshot_id, [input_of(bad)])


@pytest.mark.parametrize("lost", [False, True])
def test_an_accepted_trigger_is_pending_whether_or_not_its_answer_was_lost_first(db: Engine, lost: bool) -> None:
    expires = NOW + timedelta(days=16)
    with db.begin() as conn:
        snapshot_id = intend(conn)
        if lost:
            snapshots.answer_lost(conn, snapshot_id, "timed out", SOON)
            assert the_snapshot(conn, snapshot_id).error_class is ErrorClass.NETWORK
        snapshots.accepted(conn, snapshot_id, "s_1", now=NOW, next_check_at=SOON, expires_at=expires)
        snapshot = the_snapshot(conn, snapshot_id)
    assert (snapshot.status, snapshot.vendor_snapshot_id, snapshot.error) == (S.PENDING, "s_1", None)
    assert (snapshot.triggered_at, snapshot.next_check_at, snapshot.expires_at) == (NOW, SOON, expires)
    assert (snapshot.lease_owner, snapshot.leased_until) == (None, None)


def test_one_vendor_snapshot_is_never_two_of_ours(db: Engine) -> None:
    with db.begin() as conn:
        first, second = intend(conn), intend(conn)
        snapshots.accepted(conn, first, "s_1", now=NOW, next_check_at=SOON, expires_at=None)
    with pytest.raises(IntegrityError, match="snapshots_vendor_key"), db.begin() as conn:
        snapshots.accepted(conn, second, "s_1", now=NOW, next_check_at=SOON, expires_at=None)


def test_a_refused_trigger_has_failed_with_the_reason(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = intend(conn)
        snapshots.refused(conn, snapshot_id, ErrorClass.PAYMENT, "Account is suspended")
        snapshot = the_snapshot(conn, snapshot_id)
        assert (snapshot.status, snapshot.error_class) == (S.FAILED, ErrorClass.PAYMENT)
        assert (snapshot.error, snapshot.next_check_at) == ("Account is suspended", None)
        with pytest.raises(IllegalTransition):
            snapshots.accepted(conn, snapshot_id, "s_1", now=NOW, next_check_at=SOON, expires_at=None)


def test_what_the_source_says_is_kept_and_what_it_does_not_say_stays(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.PENDING)
        snapshots.observed(
            conn,
            snapshot_id,
            S.RUNNING,
            now=NOW,
            vendor_status="closing",
            vendor_records=7,
            next_check_at=SOON,
        )
        snapshots.observed(conn, snapshot_id, S.RUNNING, now=SOON, vendor_errors=1, next_check_at=SOON)
        snapshot = the_snapshot(conn, snapshot_id)
        assert (snapshot.status, snapshot.checks, snapshot.next_check_at) == (S.RUNNING, 2, SOON)
        assert (snapshot.vendor_status, snapshot.vendor_records, snapshot.vendor_errors) == ("closing", 7, 1)
        snapshots.observed(conn, snapshot_id, S.READY, now=SOON, vendor_status="ready")
        snapshot = the_snapshot(conn, snapshot_id)
    assert (snapshot.status, snapshot.ready_at, snapshot.next_check_at) == (S.READY, SOON, None)


def test_building_after_ready_goes_back_to_running(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY)
        snapshots.observed(conn, snapshot_id, S.RUNNING, now=NOW, vendor_status="building", next_check_at=SOON)
        assert [one.snapshot_id for one in snapshots.due_for_check(conn, SOON, 10)] == [snapshot_id]


def test_an_empty_result_is_processed_with_no_posts_and_not_failed(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.RUNNING)
        snapshots.observed(conn, snapshot_id, S.PROCESSED, now=NOW, vendor_status="ready", vendor_records=0)
        snapshot = the_snapshot(conn, snapshot_id)
    assert (snapshot.status, snapshot.posts_retrieved, snapshot.rows_rejected) == (S.PROCESSED, 0, 0)
    assert (snapshot.processed_at, snapshot.error) == (NOW, None)


@pytest.mark.parametrize("end", [S.FAILED, S.CANCELED, S.EXPIRED, S.DEAD])
def test_an_end_at_the_source_keeps_its_reason(db: Engine, end: SnapshotStatus) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.RUNNING, next_check_at=NOW)
        snapshots.observed(
            conn,
            snapshot_id,
            end,
            now=NOW,
            error_class=ErrorClass.VENDOR_FAILED,
            error="Something went wrong.",
        )
        snapshot = the_snapshot(conn, snapshot_id)
        assert (snapshot.status, snapshot.error) == (end, "Something went wrong.")
        assert snapshots.due_for_check(conn, NOW + MINUTE, 10) == []


@pytest.mark.parametrize("status", [S.PROCESSING, S.PROCESSED, S.FAILED, S.DEAD, S.EXPIRED, S.CANCELED])
def test_a_late_answer_changes_nothing_of_what_is_held_or_over(db: Engine, status: SnapshotStatus) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status)
        before = the_snapshot(conn, snapshot_id)
        for late in (S.PENDING, S.RUNNING, S.READY, S.FAILED, S.EXPIRED, S.PROCESSED):
            with pytest.raises(IllegalTransition):
                snapshots.observed(conn, snapshot_id, late, now=NOW)
        assert the_snapshot(conn, snapshot_id) == before


@pytest.mark.parametrize("status", [S.UNKNOWN, S.PENDING, S.RUNNING])
def test_a_question_without_an_answer_says_nothing_of_the_snapshot(db: Engine, status: SnapshotStatus) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status)
        assert snapshots.not_answered(conn, snapshot_id, ErrorClass.SERVER, "HTTP 502", SOON) is status
        snapshot = the_snapshot(conn, snapshot_id)
    assert (snapshot.status, snapshot.checks, snapshot.next_check_at) == (status, 1, SOON)
    assert (snapshot.error_class, snapshot.error) == (ErrorClass.SERVER, "HTTP 502")


@pytest.mark.parametrize(
    ("given_up", "to"),
    [
        (S.FAILED, S.READY),
        (S.FAILED, S.RUNNING),
        (S.FAILED, S.PENDING),
        (S.DEAD, S.READY),
        (S.DEAD, S.PENDING),
        (S.EXPIRED, S.READY),
    ],
)
def test_what_was_given_up_can_be_taken_up_again(db: Engine, given_up: SnapshotStatus, to: SnapshotStatus) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, given_up, attempts=5, failures={"server": 5})
        snapshots.reopen(conn, snapshot_id, to, SOON)
        snapshot = the_snapshot(conn, snapshot_id)
    assert (snapshot.status, snapshot.attempts, snapshot.failures) == (to, 0, {})
    assert snapshot.next_check_at == SOON


@pytest.mark.parametrize("status", [S.PROCESSED, S.CANCELED, S.RUNNING])
def test_what_was_not_given_up_is_not_reopened(db: Engine, status: SnapshotStatus) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status)
        with pytest.raises(IllegalTransition):
            snapshots.reopen(conn, snapshot_id, S.READY, None)


def test_a_retried_job_may_be_served_by_another_snapshot(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        first = intend(conn, job_id)
        snapshots.refused(conn, first, ErrorClass.THROTTLED, "too many running jobs")
        jobs.retry_later(conn, job_id, error_class=ErrorClass.THROTTLED, error="busy", now=NOW, next_attempt_at=NOW)
        claim(conn, job_id)
        second = intend(conn, job_id)
        assert the_job(conn, job_id).snapshot_id == second
