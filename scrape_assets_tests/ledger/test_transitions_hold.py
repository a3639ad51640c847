"""Whatever is done to a job or a snapshot in whatever order, its states follow the table."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import (
    JOB_TRANSITIONS,
    SNAPSHOT_TRANSITIONS,
    IllegalTransition,
    JobStatus,
    SnapshotStatus,
)
from scrape_assets_tests.ledger.invented import (
    LEASE,
    NOW,
    OTHER,
    OWNER,
    add_job,
    claim,
    input_of,
    intend,
    set_job,
    the_job,
    the_snapshot,
)

S = SnapshotStatus
LATER = NOW + timedelta(hours=1)
Deed = Callable[[Connection, str], object]

JOB_DEEDS: dict[str, Deed] = {
    "claim": lambda conn, job: claim(conn, job),
    "claim by another": lambda conn, job: claim(conn, job, owner=OTHER),
    "assign": lambda conn, job: jobs.assign_snapshot(conn, [job], "linkedin-1", OWNER),
    "complete": lambda conn, job: jobs.complete(conn, job, 1, None, NOW),
    "retry": lambda conn, job: jobs.retry_later(
        conn, job, error_class=ErrorClass.SERVER, error="HTTP 502", now=NOW, next_attempt_at=NOW, owner=OWNER
    ),
    "postpone": lambda conn, job: jobs.postpone(
        conn, job, error_class=ErrorClass.THROTTLED, error="busy", next_attempt_at=NOW
    ),
    "fail": lambda conn, job: jobs.fail(conn, job, ErrorClass.BAD_REQUEST, "no profile", NOW),
    "cancel": lambda conn, job: jobs.cancel(conn, job, NOW),
    "replay": lambda conn, job: jobs.replay(conn, job, NOW),
    "release": lambda conn, _job: jobs.release(conn, OWNER),
    "reclaim": lambda conn, _job: jobs.reclaim_expired(conn, LATER),
    "release run": lambda conn, _job: jobs.release_run(conn, OTHER, NOW, count_attempt=False),
    "request": lambda conn, job: jobs.mark_requested(conn, [job], until=LATER, now=NOW),
}


def refusal_of(deed: Deed, conn: Connection, key: str) -> IllegalTransition | None:
    try:
        deed(conn, key)
    except IllegalTransition as refusal:
        return refusal
    return None


def see(status: SnapshotStatus) -> Deed:
    return lambda conn, snapshot: snapshots.observed(conn, snapshot, status, now=NOW, next_check_at=NOW)


def back(to: SnapshotStatus, count_attempt: bool) -> Deed:
    return lambda conn, snapshot: snapshots.put_back(
        conn,
        snapshot,
        error_class=ErrorClass.NETWORK,
        error="reset",
        next_check_at=NOW,
        count_attempt=count_attempt,
        to=to,
    )


def take(*states: SnapshotStatus) -> Deed:
    return lambda conn, snapshot: snapshots.claim_processing(
        conn, [snapshot], owner=OWNER, lease=LEASE, now=NOW, from_states=frozenset(states)
    )


SNAPSHOT_DEEDS: dict[str, Deed] = {
    "accept": lambda conn, snapshot: snapshots.accepted(
        conn, snapshot, f"s_{snapshot}", now=NOW, next_check_at=NOW, expires_at=None
    ),
    "lose the answer": lambda conn, snapshot: snapshots.answer_lost(conn, snapshot, "timed out", NOW),
    "refuse": lambda conn, snapshot: snapshots.refused(conn, snapshot, ErrorClass.REFUSED, "no"),
    "replace inputs": lambda conn, snapshot: snapshots.replace_inputs(conn, snapshot, [input_of("a")]),
    "no answer": lambda conn, snapshot: snapshots.not_answered(conn, snapshot, ErrorClass.SERVER, "502", NOW),
    **{f"see {status}": see(status) for status in (S.PENDING, S.RUNNING, S.READY, S.PROCESSED, S.FAILED)},
    **{f"see {status}": see(status) for status in (S.CANCELED, S.EXPIRED, S.DEAD)},
    "reopen ready": lambda conn, snapshot: snapshots.reopen(conn, snapshot, S.READY, NOW),
    "reopen running": lambda conn, snapshot: snapshots.reopen(conn, snapshot, S.RUNNING, NOW),
    "take up": lambda conn, snapshot: snapshots.take_up(conn, snapshot, now=NOW),
    "take": take(S.READY),
    "take on demand": take(S.READY, S.PROCESSED, S.FAILED, S.DEAD, S.EXPIRED),
    "download": lambda conn, snapshot: snapshots.downloaded(
        conn,
        snapshot,
        payload_uri="memory://p",
        payload_bytes=1,
        payload_rows=1,
        payload_sha256="a",
        cost_usd=Decimal(1),
        now=NOW,
    ),
    "load": lambda conn, snapshot: snapshots.loaded(conn, snapshot, posts_retrieved=1, rows_rejected=0, now=NOW),
    "match": lambda conn, snapshot: snapshots.matched(conn, snapshot, posts_matched=0, now=NOW),
    "finish": lambda conn, snapshot: snapshots.finish_processing(conn, snapshot, NOW),
    "settle": lambda conn, snapshot: snapshots.settle_processing(conn, snapshot, NOW),
    "put back": back(S.READY, count_attempt=True),
    "put back building": back(S.RUNNING, count_attempt=False),
    "fail": lambda conn, snapshot: snapshots.fail_processing(conn, snapshot, ErrorClass.BAD_DATA, "no"),
    "expire": lambda conn, snapshot: snapshots.fail_processing(
        conn, snapshot, ErrorClass.NOT_FOUND, "expired", to=S.EXPIRED
    ),
    "reclaim": lambda conn, _snapshot: snapshots.reclaim_expired(conn, LATER),
    "release run": lambda conn, _snapshot: snapshots.release_run(conn, OWNER, NOW, count_attempt=False),
}


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(sorted(JOB_DEEDS)), max_size=25))
def test_a_job_follows_the_table_whatever_is_done_to_it(engine: Engine, deeds: list[str]) -> None:
    with engine.connect() as conn:
        job_id = add_job(conn, max_attempts=3)
        for deed in deeds:
            before = the_job(conn, job_id)
            refusal = refusal_of(JOB_DEEDS[deed], conn, job_id)
            after = the_job(conn, job_id)
            if refusal is not None:
                assert refusal.actual is before.status
                assert after == before
            assert after.status is before.status or after.status in JOB_TRANSITIONS[before.status]
            assert after.attempts <= after.max_attempts
            held = after.status is JobStatus.PROCESSING and after.snapshot_id is None
            assert (after.lease_owner is not None) is (after.leased_until is not None) is held
            assert (after.finished_at is not None) is (after.status not in (JobStatus.PENDING, JobStatus.PROCESSING))
        conn.rollback()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(SNAPSHOT_DEEDS)), max_size=25))
def test_a_snapshot_follows_the_table_whatever_is_done_to_it(engine: Engine, deeds: list[str]) -> None:
    with engine.connect() as conn:
        job_id = add_job(conn)
        claim(conn, job_id)
        snapshot_id = intend(conn, job_id)
        for deed in deeds:
            before = the_snapshot(conn, snapshot_id)
            refusal = refusal_of(SNAPSHOT_DEEDS[deed], conn, snapshot_id)
            after = the_snapshot(conn, snapshot_id)
            if refusal is not None:
                assert refusal.actual is before.status
                assert after == before
            assert after.status is before.status or after.status in SNAPSHOT_TRANSITIONS[before.status]
            held = after.status in (S.TRIGGERING, S.PROCESSING)
            assert (after.lease_owner is not None) is (after.leased_until is not None) is held
            assert after.status is not S.PROCESSED or (after.processed_at is not None and after.error is None)
            assert before.payload_uri is None or after.payload_uri is not None
        conn.rollback()


def test_every_state_of_the_table_is_reached_by_the_ledgers_own_functions(db: Engine) -> None:
    paths = {
        S.UNKNOWN: ["lose the answer"],
        S.DEAD: ["accept", "see dead"],
        S.CANCELED: ["accept", "see running", "see canceled"],
        S.EXPIRED: ["accept", "see ready", "take", "expire"],
        S.FAILED: ["accept", "see ready", "take", "fail"],
        S.PROCESSED: ["lose the answer", "accept", "see running", "see ready", "take", "finish"],
    }
    for end, deeds in paths.items():
        with db.begin() as conn:
            job_id = add_job(conn)
            claim(conn, job_id)
            snapshot_id = intend(conn, job_id)
            for deed in deeds:
                SNAPSHOT_DEEDS[deed](conn, snapshot_id)
            assert the_snapshot(conn, snapshot_id).status is end


def test_a_job_that_was_changed_from_outside_is_judged_by_what_it_is(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        set_job(conn, job_id, status=JobStatus.PROCESSING)
        [orphan] = jobs.reclaim_expired(conn, NOW)
    assert (orphan.job_id, orphan.status) == (job_id, JobStatus.PENDING)
