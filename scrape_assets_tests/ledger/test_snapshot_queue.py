"""Snapshots that are due, asked for, counted, looked up."""

from datetime import timedelta

from sqlalchemy import Engine

from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot, SnapshotFilter
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.ledger.invented import MINUTE, NOW, TODAY, snapshot_in

S = SnapshotStatus


def ids(found: list[Snapshot]) -> list[str]:
    return [snapshot.snapshot_id for snapshot in found]


def test_the_source_is_asked_about_what_is_due_the_longest_due_first(db: Engine) -> None:
    with db.begin() as conn:
        late = snapshot_in(conn, S.PENDING, next_check_at=NOW)
        early = snapshot_in(conn, S.RUNNING, next_check_at=NOW - MINUTE)
        never_asked = snapshot_in(conn, S.PENDING, next_check_at=None)
        snapshot_in(conn, S.RUNNING, next_check_at=NOW + MINUTE)
        unknown = snapshot_in(conn, S.UNKNOWN, next_check_at=NOW)
        snapshot_in(conn, S.UNKNOWN, next_check_at=NOW + MINUTE)
        for status in (S.TRIGGERING, S.READY, S.PROCESSING, S.PROCESSED, S.FAILED):
            snapshot_in(conn, status, next_check_at=NOW)
        assert ids(snapshots.due_for_check(conn, NOW, 10)) == [never_asked, early, late]
        assert ids(snapshots.due_for_check(conn, NOW, 1)) == [never_asked]
        assert ids(snapshots.unknown_due(conn, NOW, 10)) == [unknown]


def test_ready_snapshots_are_asked_for_once_until_their_run_has_had_its_time(db: Engine) -> None:
    until = NOW + 10 * MINUTE
    with db.begin() as conn:
        second = snapshot_in(conn, S.READY, ready_at=NOW)
        first = snapshot_in(conn, S.READY, ready_at=NOW - MINUTE)
        waiting = snapshot_in(conn, S.READY, next_check_at=NOW + MINUTE)
        taken = snapshot_in(conn, S.PROCESSING)
        assert ids(snapshots.ready_unrequested(conn, NOW, 10)) == [first, second]
        marked = snapshots.mark_requested(conn, [second, taken, first], until=until, now=NOW)
        assert marked == [second, first]
        assert snapshots.mark_requested(conn, [first], until=until, now=NOW) == []
        assert ids(snapshots.ready_unrequested(conn, until - MINUTE, 10)) == [waiting]
        assert snapshots.clear_requested(conn, [first, taken]) == 1
        assert ids(snapshots.ready_unrequested(conn, NOW, 10)) == [first]
        assert set(ids(snapshots.ready_unrequested(conn, until, 10))) == {first, second, waiting}


def test_who_processes_at_once_also_sees_what_a_run_is_asked_for(db: Engine) -> None:
    with db.begin() as conn:
        requested = snapshot_in(conn, S.READY, ready_at=NOW, requested_until=NOW + MINUTE)
        first = snapshot_in(conn, S.READY, ready_at=NOW - MINUTE)
        snapshot_in(conn, S.READY, next_check_at=NOW + MINUTE)
        assert ids(snapshots.ready_due(conn, NOW, 10)) == [first, requested]


def test_the_vendors_ids_that_are_ours_are_told_from_others(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_in(conn, S.RUNNING, vendor_snapshot_id="s_ours")
        snapshot_in(conn, S.RUNNING, vendor_snapshot_id="s_elsewhere", source="mastodon")
        asked = ["s_ours", "s_elsewhere", "s_foreign"]
        assert snapshots.known_vendor_ids(conn, "brightdata", asked) == {"s_ours"}


def test_open_is_what_is_neither_done_nor_given_up(db: Engine) -> None:
    with db.begin() as conn:
        for status in S:
            snapshot_in(conn, status)
        assert set(snapshots.open_counts(conn)) == {
            S.TRIGGERING,
            S.UNKNOWN,
            S.PENDING,
            S.RUNNING,
            S.READY,
            S.PROCESSING,
        }


def test_every_state_is_counted_zero_included(db: Engine) -> None:
    with db.begin() as conn:
        for status in (S.READY, S.READY, S.DEAD):
            snapshot_in(conn, status)
        counts = snapshots.counts_by_status(conn)
    assert counts == {**dict.fromkeys(S, 0), S.READY: 2, S.DEAD: 1}


def test_snapshots_are_listed_by_what_is_asked_the_newest_first(db: Engine) -> None:
    with db.begin() as conn:
        older = snapshot_in(conn, S.READY, created_at=NOW - MINUTE)
        newer = snapshot_in(conn, S.FAILED, created_at=NOW)
        yesterday = snapshot_in(
            conn, S.READY, created_at=NOW - timedelta(days=1), collection_date=TODAY - timedelta(days=1)
        )
        assert ids(snapshots.list_snapshots(conn, SnapshotFilter(), 10)) == [newer, older, yesterday]
        assert ids(snapshots.list_snapshots(conn, SnapshotFilter(), 1)) == [newer]
        ready_today = SnapshotFilter(status=S.READY, collection_date=TODAY, platform="linkedin")
        assert ids(snapshots.list_snapshots(conn, ready_today, 10)) == [older]
        assert snapshots.list_snapshots(conn, SnapshotFilter(source="mastodon"), 10) == []


def test_partitions_lead_to_their_snapshots_and_unknown_keys_to_none(db: Engine) -> None:
    with db.begin() as conn:
        first, second = snapshot_in(conn, S.READY), snapshot_in(conn, S.PROCESSED)
        found = snapshots.by_partition_keys(conn, [second, "linkedin-nobody", first])
        assert list(found) == [second, first]
        assert found[first].snapshot_id == first
        assert snapshots.by_partition_keys(conn, []) == {}
        assert snapshots.get(conn, "linkedin-nobody") is None
