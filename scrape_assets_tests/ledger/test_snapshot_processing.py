"""Phase 2 in the ledger: claims, progress, ends, and what a dead process left."""

import threading
from decimal import Decimal

import pytest
from sqlalchemy import Connection, Engine

from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets_tests.ledger.invented import (
    LEASE,
    MINUTE,
    NOW,
    OTHER,
    OWNER,
    claimed_job,
    intend,
    snapshot_in,
    the_job,
    the_snapshot,
)

S = SnapshotStatus
SOON = NOW + MINUTE
ON_DEMAND = frozenset({S.READY, S.PROCESSED, S.FAILED, S.DEAD, S.EXPIRED})


def take(conn: Connection, *snapshot_ids: str, owner: str = OWNER) -> list[Snapshot]:
    return snapshots.claim_processing(
        conn, snapshot_ids, owner=owner, lease=LEASE, now=NOW, from_states=ON_DEMAND, run_id="a-run"
    )


def download(conn: Connection, snapshot_id: str) -> None:
    snapshots.downloaded(
        conn,
        snapshot_id,
        payload_uri="memory://payload/manifest.json",
        payload_bytes=900,
        payload_rows=12,
        payload_sha256="ab" * 32,
        cost_usd=Decimal("0.018"),
        now=NOW,
    )


def process(conn: Connection, snapshot_id: str) -> None:
    take(conn, snapshot_id)
    download(conn, snapshot_id)
    snapshots.loaded(conn, snapshot_id, posts_retrieved=10, rows_rejected=2, now=NOW)
    snapshots.matched(conn, snapshot_id, posts_matched=9, now=NOW)
    snapshots.finish_processing(conn, snapshot_id, NOW)


def put_back(conn: Connection, snapshot_id: str, count_attempt: bool, to: SnapshotStatus = S.READY) -> SnapshotStatus:
    return snapshots.put_back(
        conn,
        snapshot_id,
        error_class=ErrorClass.BAD_DATA,
        error="part 2 is short",
        next_check_at=SOON,
        count_attempt=count_attempt,
        to=to,
    )


def test_a_snapshot_goes_through_phase_2(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY)
        process(conn, snapshot_id)
        snapshot = the_snapshot(conn, snapshot_id)
    assert snapshot.status is S.PROCESSED
    assert (snapshot.payload_uri, snapshot.payload_bytes) == ("memory://payload/manifest.json", 900)
    assert (snapshot.payload_rows, snapshot.payload_sha256) == (12, "ab" * 32)
    assert (snapshot.payload_generation, snapshot.cost_usd) == (1, Decimal("0.018"))
    assert (snapshot.posts_retrieved, snapshot.rows_rejected, snapshot.posts_matched) == (10, 2, 9)
    assert {snapshot.downloaded_at, snapshot.loaded_at, snapshot.matched_at, snapshot.processed_at} == {NOW}
    assert (snapshot.run_id, snapshot.lease_owner, snapshot.leased_until) == ("a-run", None, None)


def test_claims_come_in_the_order_asked_for_and_leave_out_what_cannot_be_taken(db: Engine) -> None:
    with db.begin() as conn:
        first, second, running = (
            snapshot_in(conn, S.READY),
            snapshot_in(conn, S.READY),
            snapshot_in(conn, S.RUNNING),
        )
        taken = take(conn, second, running, first, second)
        assert [snapshot.snapshot_id for snapshot in taken] == [second, first]
        assert take(conn, first, owner=OTHER) == []
        assert the_snapshot(conn, first).lease_owner == OWNER


def test_by_default_only_what_is_ready_is_taken(db: Engine) -> None:
    with db.begin() as conn:
        ids = [snapshot_in(conn, status) for status in S]
        taken = snapshots.claim_processing(conn, ids, owner=OWNER, lease=LEASE, now=NOW)
        assert [snapshot.snapshot_id for snapshot in taken] == [ids[list(S).index(S.READY)]]


def test_what_another_process_holds_cannot_even_be_asked_for(db: Engine) -> None:
    with db.begin() as conn:
        held = snapshot_in(conn, S.PROCESSING)
        for state in (S.PROCESSING, S.RUNNING, S.CANCELED):
            with pytest.raises(IllegalTransition):
                snapshots.claim_processing(
                    conn, [held], owner=OTHER, lease=LEASE, now=NOW, from_states=frozenset({state})
                )


def test_threads_that_claim_the_same_snapshots_share_them(db: Engine) -> None:
    with db.begin() as conn:
        everything = [snapshot_in(conn, S.READY) for _ in range(40)]
    taken: list[str] = []
    start = threading.Barrier(2)

    def work(ids: list[str], owner: str) -> None:
        start.wait()
        for snapshot_id in ids:
            with db.begin() as conn:
                taken.extend(one.snapshot_id for one in take(conn, snapshot_id, owner=owner))

    threads = [
        threading.Thread(target=work, args=(everything, OWNER)),
        threading.Thread(target=work, args=(everything[::-1], OTHER)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == everything


@pytest.mark.parametrize("status", [status for status in S if status is not S.PROCESSING])
def test_nothing_of_phase_2_can_be_noted_of_a_snapshot_that_is_not_taken(db: Engine, status: SnapshotStatus) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status)
        before = the_snapshot(conn, snapshot_id)
        for change in (
            lambda: download(conn, snapshot_id),
            lambda: snapshots.loaded(conn, snapshot_id, posts_retrieved=1, rows_rejected=0, now=NOW),
            lambda: snapshots.matched(conn, snapshot_id, posts_matched=0, now=NOW),
            lambda: snapshots.finish_processing(conn, snapshot_id, NOW),
            lambda: put_back(conn, snapshot_id, count_attempt=True),
            lambda: snapshots.fail_processing(conn, snapshot_id, ErrorClass.BAD_DATA, "no"),
        ):
            with pytest.raises(IllegalTransition, match=f"Snapshot {snapshot_id} is {status}"):
                change()
        assert the_snapshot(conn, snapshot_id) == before


def test_a_failed_attempt_waits_and_the_last_one_is_dead(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY, max_attempts=2)
        take(conn, snapshot_id)
        assert put_back(conn, snapshot_id, count_attempt=True) is S.READY
        snapshot = the_snapshot(conn, snapshot_id)
        assert (snapshot.attempts, snapshot.next_check_at, snapshot.error) == (1, SOON, "part 2 is short")
        assert snapshots.ready_unrequested(conn, NOW, 10) == []
        take(conn, snapshot_id)
        assert put_back(conn, snapshot_id, count_attempt=True) is S.DEAD


def test_what_is_nobodys_fault_costs_no_attempt(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY, max_attempts=1)
        for to in (S.READY, S.RUNNING):
            take(conn, snapshot_id)
            assert put_back(conn, snapshot_id, count_attempt=False, to=to) is to
        assert the_snapshot(conn, snapshot_id).attempts == 0


def test_stages_done_one_by_one_leave_it_ready_until_the_last(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY)
        take(conn, snapshot_id)
        download(conn, snapshot_id)
        assert snapshots.settle_processing(conn, snapshot_id, NOW) is S.READY
        assert the_snapshot(conn, snapshot_id).processed_at is None
        take(conn, snapshot_id)
        snapshots.loaded(conn, snapshot_id, posts_retrieved=10, rows_rejected=2, now=NOW)
        assert snapshots.settle_processing(conn, snapshot_id, NOW) is S.READY
        take(conn, snapshot_id)
        snapshots.matched(conn, snapshot_id, posts_matched=9, now=NOW)
        assert snapshots.settle_processing(conn, snapshot_id, SOON) is S.PROCESSED
        assert the_snapshot(conn, snapshot_id).processed_at == SOON


def test_an_expired_download_is_expired(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY)
        take(conn, snapshot_id)
        snapshots.fail_processing(conn, snapshot_id, ErrorClass.NOT_FOUND, "Snapshot is expired", to=S.EXPIRED)
        snapshot = the_snapshot(conn, snapshot_id)
    assert (snapshot.status, snapshot.error, snapshot.attempts) == (S.EXPIRED, "Snapshot is expired", 1)


@pytest.mark.parametrize("how", ["put back", "failed"])
def test_a_processed_snapshot_that_fails_when_taken_again_keeps_what_it_has(db: Engine, how: str) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY, attempts=4)
        process(conn, snapshot_id)
        [again] = take(conn, snapshot_id)
        assert again.attempts == 0
        if how == "put back":
            assert put_back(conn, snapshot_id, count_attempt=True) is S.FAILED
        else:
            snapshots.fail_processing(conn, snapshot_id, ErrorClass.BAD_DATA, "part 2 is short")
        snapshot = the_snapshot(conn, snapshot_id)
        assert (snapshot.status, snapshot.error) == (S.FAILED, "part 2 is short")
        assert (snapshot.payload_uri, snapshot.payload_rows) == ("memory://payload/manifest.json", 12)
        assert (snapshot.posts_retrieved, snapshot.processed_at) == (10, NOW)
        process(conn, snapshot_id)
        assert the_snapshot(conn, snapshot_id).error is None


@pytest.mark.parametrize("status", [S.FAILED, S.DEAD, S.EXPIRED])
def test_what_was_given_up_has_all_attempts_before_it_when_asked_for_anew(db: Engine, status: SnapshotStatus) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status, attempts=5)
        [snapshot] = take(conn, snapshot_id)
    assert (snapshot.status, snapshot.attempts) == (S.PROCESSING, 0)


def test_a_new_download_keeps_the_known_cost(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY)
        process(conn, snapshot_id)
        take(conn, snapshot_id)
        snapshots.downloaded(
            conn,
            snapshot_id,
            payload_uri="memory://payload/g2/manifest.json",
            payload_bytes=901,
            payload_rows=13,
            payload_sha256="cd" * 32,
            cost_usd=None,
            now=SOON,
            generation=2,
        )
        snapshot = the_snapshot(conn, snapshot_id)
    assert (snapshot.payload_generation, snapshot.cost_usd) == (2, Decimal("0.018"))


def test_a_process_that_lost_its_lease_cannot_speak_for_the_new_holder(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY)
        take(conn, snapshot_id)
        snapshots.reclaim_expired(conn, NOW + LEASE)
        take(conn, snapshot_id, owner=OTHER)
        with pytest.raises(IllegalTransition, match=f"held by {OTHER}, not by {OWNER}"):
            snapshots.finish_processing(conn, snapshot_id, NOW, owner=OWNER)
        with pytest.raises(IllegalTransition):
            snapshots.loaded(conn, snapshot_id, posts_retrieved=1, rows_rejected=0, now=NOW, owner=OWNER)
        snapshots.finish_processing(conn, snapshot_id, NOW, owner=OTHER)


def test_a_trigger_whose_process_died_is_unknown_and_its_jobs_wait(db: Engine) -> None:
    with db.begin() as conn:
        job_id = claimed_job(conn)
        snapshot_id = intend(conn, job_id)
        assert snapshots.reclaim_expired(conn, NOW + LEASE - MINUTE) == []
        [snapshot] = snapshots.reclaim_expired(conn, NOW + LEASE)
        assert the_job(conn, job_id).snapshot_id == snapshot_id
        assert [one.snapshot_id for one in snapshots.unknown_due(conn, NOW + LEASE, 10)] == [snapshot_id]
    assert (snapshot.status, snapshot.attempts) == (S.UNKNOWN, 0)
    assert (snapshot.error_class, snapshot.lease_owner) == (ErrorClass.LEASE_LOST, None)
    assert snapshot.error is not None
    assert snapshot.error.startswith(f"The process {OWNER} ended before the answer to the trigger came")


def test_a_snapshot_that_kills_its_process_every_time_ends_dead(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY, max_attempts=2)
        for expected in (S.READY, S.DEAD):
            take(conn, snapshot_id)
            [snapshot] = snapshots.reclaim_expired(conn, NOW + LEASE)
            assert (snapshot.snapshot_id, snapshot.status) == (snapshot_id, expected)
    assert (snapshot.attempts, snapshot.error_class) == (2, ErrorClass.LEASE_LOST)


def test_a_renewed_lease_is_not_reclaimed(db: Engine) -> None:
    with db.begin() as conn:
        mine, theirs = snapshot_in(conn, S.READY), snapshot_in(conn, S.READY)
        take(conn, mine)
        take(conn, theirs, owner=OTHER)
        triggering = intend(conn)
        assert snapshots.renew_leases(conn, OWNER, LEASE, NOW + 4 * MINUTE) == 2
        assert [one.snapshot_id for one in snapshots.reclaim_expired(conn, NOW + LEASE)] == [theirs]
        assert {one.snapshot_id for one in snapshots.reclaim_expired(conn, NOW + 9 * MINUTE)} == {
            mine,
            triggering,
        }


def test_the_heartbeat_and_the_sweep_pass_by_a_row_that_is_being_changed(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY)
        take(conn, snapshot_id)
    with db.begin() as load, db.begin() as heartbeat, db.begin() as sweep:
        snapshots.loaded(load, snapshot_id, posts_retrieved=1, rows_rejected=0, now=NOW)
        assert snapshots.renew_leases(heartbeat, OWNER, LEASE, NOW) == 0
        assert snapshots.reclaim_expired(sweep, NOW + 2 * LEASE) == []


@pytest.mark.parametrize("count_attempt", [True, False])
def test_what_a_gone_run_held_comes_back(db: Engine, count_attempt: bool) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, S.READY, max_attempts=1)
        take(conn, snapshot_id)
        triggering = intend(conn)
        assert snapshots.release_run(conn, OTHER, NOW, count_attempt=count_attempt) == []
        given_back = {
            one.snapshot_id: one for one in snapshots.release_run(conn, OWNER, NOW, count_attempt=count_attempt)
        }
    assert given_back[triggering].status is S.UNKNOWN
    processing = given_back[snapshot_id]
    assert processing.status is (S.DEAD if count_attempt else S.READY)
    assert processing.attempts == int(count_attempt)
    assert (processing.error is not None) is count_attempt
