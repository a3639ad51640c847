"""What is kept of each change of status, whoever made it."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.history import Change, history_of
from scrape_assets_tests.ledger.invented import LEASE, MINUTE, NOW, OWNER, add_job, claim, intend


def _steps(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.from_status, change.to_status) for change in changes]


def test_each_change_of_a_job_is_told_in_its_order_with_its_reason(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        claim(conn, job_id)
        jobs.retry_later(
            conn, job_id, error_class=ErrorClass.SERVER, error="It broke", now=NOW, next_attempt_at=NOW - MINUTE
        )
        claim(conn, job_id)
        snapshot_id = intend(conn, job_id)
        jobs.complete(conn, job_id, posts_found=2, warning=None, now=NOW)
        changes = history_of(conn, job_id)
    assert _steps(changes) == [
        ("pending", "processing"),
        ("processing", "pending"),
        ("pending", "processing"),
        ("processing", "completed"),
    ]
    taken, failed, _, completed = changes
    assert (taken.kind, taken.subject_id, taken.owner, taken.attempts) == ("job", job_id, OWNER, 0)
    assert (failed.error_class, failed.error, failed.attempts) == (ErrorClass.SERVER, "It broke", 1)
    assert (completed.snapshot_id, completed.error) == (snapshot_id, None)
    assert datetime.now(UTC) - completed.changed_at < timedelta(minutes=1)


def test_what_only_renews_or_marks_is_no_change(db: Engine) -> None:
    with db.begin() as conn:
        taken, waiting = add_job(conn), add_job(conn)
        claim(conn, taken)
        jobs.renew_leases(conn, OWNER, LEASE, NOW + MINUTE)
        jobs.mark_requested(conn, [waiting], until=NOW + MINUTE, now=NOW)
        assert _steps(history_of(conn, taken)) == [("pending", "processing")]
        assert history_of(conn, waiting) == []


def test_a_change_made_by_hand_is_kept_too(db: Engine) -> None:
    with db.begin() as conn:
        job_id, other = add_job(conn), add_job(conn)
        conn.execute(sa.text("UPDATE scrape_jobs SET status = 'canceled'"))
        assert _steps(history_of(conn, job_id)) == _steps(history_of(conn, other)) == [("pending", "canceled")]


def test_the_newest_changes_are_given_when_there_are_more(db: Engine) -> None:
    with db.begin() as conn:
        job_id = add_job(conn)
        for _ in range(3):
            claim(conn, job_id)
            jobs.release(conn, OWNER)
        assert _steps(history_of(conn, job_id, limit=1)) == [("processing", "pending")]


def test_snapshots_have_a_history_as_well(db: Engine) -> None:
    with db.begin() as conn:
        snapshot_id = intend(conn)
        snapshots.accepted(conn, snapshot_id, "s_1", now=NOW, next_check_at=NOW, expires_at=None)
        [change] = history_of(conn, snapshot_id)
    assert (change.kind, change.from_status, change.to_status) == ("snapshot", "triggering", "pending")
    assert (change.snapshot_id, change.owner) == (snapshot_id, OWNER)
