"""Which snapshots are about to be thrown away unread, or were."""

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from scrape_assets.ledger.snapshots.expiry import count_unread, unread
from scrape_assets.ledger.states import SnapshotStatus as S
from scrape_assets_tests.ledger.invented import NOW, snapshot_in

DAYS = timedelta(days=4)
AT_THE_VENDOR = {"vendor_snapshot_id": "s_1", "expires_at": NOW + timedelta(days=3)}


@pytest.mark.parametrize("status", [S.PENDING, S.RUNNING, S.READY, S.PROCESSING, S.FAILED, S.DEAD])
def test_whatever_state_it_is_stuck_in_it_is_told_before_it_expires(db: Engine, status: S) -> None:
    with db.begin() as conn:
        snapshot_id = snapshot_in(conn, status, **AT_THE_VENDOR)
        assert [(one.snapshot_id, one.expired) for one in unread(conn, NOW, DAYS)] == [(snapshot_id, False)]
        assert unread(conn, NOW, timedelta(days=2)) == []
        assert count_unread(conn, NOW, DAYS) == {"linkedin": (1, 0)}
        [late] = unread(conn, NOW + timedelta(days=5), DAYS)
        assert late.expired
        assert count_unread(conn, NOW + timedelta(days=5), DAYS) == {"linkedin": (0, 1)}


def test_what_is_lost_is_no_news_for_ever(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_in(conn, S.DEAD, **AT_THE_VENDOR)
        assert count_unread(conn, NOW + timedelta(days=16), DAYS) == {"linkedin": (0, 1)}
        assert count_unread(conn, NOW + timedelta(days=18), DAYS) == {}


def test_what_the_vendor_called_expired_before_its_time_is_lost_at_once(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_in(conn, S.EXPIRED, vendor_snapshot_id="s_1", expires_at=NOW + timedelta(days=12))
        assert [one.expired for one in unread(conn, NOW, DAYS)] == [True]


@pytest.mark.parametrize(
    ("status", "columns"),
    [
        (S.PROCESSED, {"processed_at": NOW}),  # empty
        (S.READY, {"payload_uri": "memory://here"}),
        (S.FAILED, {"processed_at": NOW}),  # materialized again, and that failed
        (S.FAILED, {"error_class": "vendor_failed"}),
        (S.FAILED, {"error_class": "bad_request"}),
        (S.FAILED, {"vendor_snapshot_id": None, "error_class": "throttled"}),
        (S.CANCELED, {}),
    ],
)
def test_what_is_stored_or_was_never_there_is_no_alarm(db: Engine, status: S, columns: dict[str, object]) -> None:
    with db.begin() as conn:
        snapshot_in(conn, status, **{**AT_THE_VENDOR, **columns})
        assert unread(conn, NOW, DAYS) == []


def test_what_a_person_has_to_look_at_is_told_soonest_first_whatever_the_cause(db: Engine) -> None:
    with db.begin() as conn:
        for number, error_class in enumerate(("network", None, "not_found", "payment")):
            expires_at = NOW + timedelta(days=3 - number / 2)
            columns = {"vendor_snapshot_id": f"s_{number}", "expires_at": expires_at, "error_class": error_class}
            snapshot_in(conn, S.FAILED, **columns)
        assert [one.vendor_snapshot_id for one in unread(conn, NOW, DAYS)] == ["s_3", "s_2", "s_1", "s_0"]
