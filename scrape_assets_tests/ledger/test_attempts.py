"""The history of calls."""

from dataclasses import replace

from sqlalchemy import Engine

from scrape_assets.ledger.attempts import Call, calls_of_snapshot, record_call
from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets_tests.ledger.invented import MINUTE, NOW

CALL = Call(
    source="brightdata",
    operation="progress",
    snapshot_id="linkedin-20261121-a",
    method="GET",
    url="https://vendor.invalid/progress/s_1",
    status_code=200,
    error_class=None,
    error=None,
    bytes_received=120,
    started_at=NOW,
    duration_ms=34,
)


def test_the_calls_of_a_snapshot_come_back_as_they_were_in_their_order(db: Engine) -> None:
    lost = replace(
        CALL, status_code=None, error_class=ErrorClass.NETWORK, error="reset", bytes_received=None, run_id="r"
    )
    later = replace(CALL, started_at=NOW + MINUTE)
    elsewhere = replace(CALL, snapshot_id=None, operation="check_key")
    with db.begin() as conn:
        for call in (later, lost, elsewhere):
            record_call(conn, call)
        assert calls_of_snapshot(conn, "linkedin-20261121-a") == [lost, later]
        assert calls_of_snapshot(conn, "linkedin-20261121-a", limit=1) == [later]


def test_an_error_that_no_text_column_takes_is_recorded_all_the_same(db: Engine) -> None:
    with db.begin() as conn:
        record_call(conn, replace(CALL, error="<html>\0\ud800" + "x" * 10_000))
        [call] = calls_of_snapshot(conn, "linkedin-20261121-a")
    assert call.error is not None
    assert call.error.startswith("<html>\ufffd?xxx")
    assert len(call.error) == 2000


def test_a_message_that_can_be_kept_is_kept_as_it_is() -> None:
    assert recordable("שלום 👋 Snapshot is expired") == "שלום 👋 Snapshot is expired"
