"""Many jobs that end at once."""

from sqlalchemy import Engine

from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Completion
from scrape_assets.ledger.states import JobStatus
from scrape_assets_tests.ledger.invented import NOW, add_job, claim, claimed_job, set_job, the_job


def test_each_job_ends_with_its_own_posts_and_warning(db: Engine) -> None:
    with db.begin() as conn:
        rich, poor, silent = claimed_job(conn), claimed_job(conn), claimed_job(conn)
        set_job(conn, rich, error_class="server", error="It broke")
        ended = jobs.complete_many(
            conn,
            [Completion(rich, 7), Completion(poor, 0, "dead\0page"), Completion(silent, None)],
            NOW,
        )
        assert set(ended) == {rich, poor, silent}
        job = the_job(conn, rich)
        assert (job.status, job.posts_found, job.warning) == (JobStatus.COMPLETED, 7, None)
        assert (job.error_class, job.error, job.finished_at) == (None, None, NOW)
        assert (job.leased_until, job.lease_owner) == (None, None)
        assert (the_job(conn, poor).posts_found, the_job(conn, poor).warning) == (0, "dead\ufffdpage")
        assert the_job(conn, silent).posts_found is None


def test_what_was_called_off_meanwhile_stays_so(db: Engine) -> None:
    with db.begin() as conn:
        held, called_off, waiting = claimed_job(conn), claimed_job(conn), add_job(conn)
        jobs.cancel(conn, called_off, NOW)
        everything = [Completion(job_id, 1) for job_id in (held, called_off, waiting, "never-heard-of")]
        assert jobs.complete_many(conn, everything, NOW) == [held]
        assert the_job(conn, called_off).status is JobStatus.CANCELED
        assert the_job(conn, waiting).status is JobStatus.PENDING
        assert jobs.complete_many(conn, [], NOW) == []


def test_pending_jobs_are_given_up_together_and_those_just_taken_are_not(db: Engine) -> None:
    with db.begin() as conn:
        wrong, also_wrong, taken = add_job(conn), add_job(conn), add_job(conn)
        claim(conn, taken)
        given_up = jobs.fail_many(
            conn, [wrong, also_wrong, taken], error_class=ErrorClass.BAD_REQUEST, error="No such platform", now=NOW
        )
        assert set(given_up) == {wrong, also_wrong}
        job = the_job(conn, wrong)
        assert (job.status, job.error_class, job.error) == (
            JobStatus.FAILED,
            ErrorClass.BAD_REQUEST,
            "No such platform",
        )
        assert (job.finished_at, job.attempts) == (NOW, 0)
        assert the_job(conn, taken).status is JobStatus.PROCESSING
