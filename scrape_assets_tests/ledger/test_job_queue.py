"""Jobs that are new, due, asked for, counted."""

import random
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import JobFilter, Origin, Priority, TargetKind
from scrape_assets.ledger.states import JobStatus
from scrape_assets_tests.ledger.invented import (
    MINUTE,
    NOW,
    TODAY,
    add_job,
    claim,
    claimed_job,
    intend,
    new_job,
    set_job,
    the_job,
)


def test_a_job_comes_back_as_it_was_asked_for(db: Engine) -> None:
    asked = new_job(
        target_kind=TargetKind.EVENT,
        source="brightdata",
        search_params={"keywords": ["marathon"], "limit": 5},
        priority=Priority.HIGH,
        max_attempts=3,
    )
    with db.begin() as conn:
        [job_id] = jobs.add_jobs(conn, [asked])
        job = the_job(conn, job_id)
    assert (job.target_kind, job.target_id, job.source) == (TargetKind.EVENT, asked.target_id, "brightdata")
    assert (job.search_params, job.priority) == ({"keywords": ["marathon"], "limit": 5}, Priority.HIGH)
    assert (job.max_attempts, job.collection_date, job.profile_url) == (3, TODAY, asked.profile_url)
    assert (job.status, job.attempts, job.next_attempt_at) == (JobStatus.PENDING, 0, NOW)


def test_a_collection_planned_twice_is_added_once(db: Engine) -> None:
    planned = [new_job(origin=Origin.COLLECTION) for _ in range(3)]
    one_more = new_job(origin=Origin.COLLECTION, profile_url=None)
    with db.begin() as conn:
        assert len(jobs.add_jobs(conn, planned)) == 3
        assert len(jobs.add_jobs(conn, [*planned, one_more, one_more])) == 1
        assert jobs.add_jobs(conn, [*planned, one_more]) == []


def test_a_finished_collection_is_not_added_again_that_day_unless_forced(db: Engine) -> None:
    planned = new_job(origin=Origin.COLLECTION, target_id="invented")
    with db.begin() as conn:
        [job_id] = jobs.add_jobs(conn, [planned])
        claim(conn, job_id)
        jobs.complete(conn, job_id, posts_found=0, warning=None, now=NOW)
        assert jobs.add_jobs(conn, [planned]) == []
        forced = new_job(origin=Origin.COLLECTION, target_id="invented", profile_url=planned.profile_url, round=2)
        assert len(jobs.add_jobs(conn, [forced])) == 1


def test_a_request_is_new_every_time(db: Engine) -> None:
    asked = new_job()
    with db.begin() as conn:
        assert len(jobs.add_jobs(conn, [asked, asked])) == 2


def test_many_jobs_are_added_at_once_and_none_is_no_error(db: Engine) -> None:
    with db.begin() as conn:
        assert jobs.add_jobs(conn, []) == []
        assert len(set(jobs.add_jobs(conn, [new_job() for _ in range(2500)]))) == 2500


def test_due_are_pending_jobs_whose_time_has_come_the_most_urgent_first(db: Engine) -> None:
    with db.begin() as conn:
        low = add_job(conn, priority=Priority.LOW)
        normal = add_job(conn)
        high = add_job(conn, priority=Priority.HIGH, platform="x")
        add_job(conn, next_attempt_at=NOW + MINUTE)
        taken = add_job(conn)
        claim(conn, taken)
        assert [job.job_id for job in jobs.due_jobs(conn, NOW, limit=10)] == [high, normal, low]
        assert [job.job_id for job in jobs.due_jobs(conn, NOW, limit=1)] == [high]


def test_who_has_waited_long_enough_goes_before_what_is_more_urgent_and_fresh(db: Engine) -> None:
    with db.begin() as conn:
        fresh = {priority: add_job(conn, priority=priority) for priority in Priority}
        aged = {
            hours: add_job(conn, priority=priority, next_attempt_at=NOW - timedelta(hours=hours))
            for hours, priority in ((13, Priority.LOW), (11, Priority.LOW), (7, Priority.LOW), (4, Priority.NORMAL))
        }
        in_order = [job.job_id for job in jobs.due_jobs(conn, NOW, limit=10)]
        assert [job.job_id for job in claim(conn)] == in_order
    high, normal, low = (fresh[priority] for priority in Priority)
    assert in_order == [aged[13], high, aged[11], aged[4], aged[7], normal, low]


@pytest.mark.parametrize(
    ("priority", "hours", "counts_as"),
    [
        (Priority.LOW, 5.9, Priority.LOW),
        (Priority.LOW, 6, Priority.NORMAL),
        (Priority.LOW, 12, Priority.HIGH),
        (Priority.NORMAL, 0, Priority.NORMAL),
        (Priority.NORMAL, 6, Priority.HIGH),
        (Priority.HIGH, 0, Priority.HIGH),
        (Priority.HIGH, 99, Priority.HIGH),
    ],
)
def test_a_priority_grows_with_the_wait(db: Engine, priority: Priority, hours: float, counts_as: Priority) -> None:
    with db.begin() as conn:
        job = the_job(conn, add_job(conn, priority=priority, next_attempt_at=NOW - timedelta(hours=hours)))
    assert jobs.aged_priority(job, NOW) is counts_as


def test_the_order_in_sql_is_the_order_in_python(db: Engine) -> None:
    chance = random.Random(4)
    with db.begin() as conn:
        for _ in range(60):
            moment = NOW - timedelta(hours=chance.choice((0, 3, 6, 9, 12)))
            job_id = add_job(conn, priority=chance.choice(list(Priority)), next_attempt_at=moment)
            if chance.random() < 0.3:
                set_job(conn, job_id, due_since=moment - timedelta(hours=chance.randint(1, 9)))
        ordered = conn.execute(sa.text("SELECT job_id, place FROM scrape_jobs ORDER BY place, job_id")).all()
        read = jobs.get_many(conn, [job_id for job_id, _ in ordered])
    assert [job.job_id for job in sorted(read.values(), key=jobs.urgency)] == [job_id for job_id, _ in ordered]
    assert all(read[job_id].place == place for job_id, place in ordered)


def test_a_job_put_off_through_no_fault_of_its_own_keeps_its_turn_and_one_that_failed_does_not(db: Engine) -> None:
    later = NOW + timedelta(hours=2)

    def put_off(conn: Connection, job_id: str, until: datetime) -> None:
        jobs.put_off(conn, [job_id], error_class=ErrorClass.THROTTLED, error="Slow down", next_attempt_at=until)

    with db.begin() as conn:
        failed, postponed, left = (add_job(conn, next_attempt_at=NOW - age * MINUTE) for age in (9, 8, 7))
        claim(conn, failed, postponed)
        jobs.retry_later(conn, failed, error_class=ErrorClass.SERVER, error="It broke", now=NOW, next_attempt_at=later)
        jobs.postpone(conn, postponed, error_class=ErrorClass.THROTTLED, error="Slow down", next_attempt_at=later)
        put_off(conn, left, later)
        put_off(conn, left, later - MINUTE)
        fresh = add_job(conn, next_attempt_at=NOW)
        assert [job.job_id for job in jobs.due_jobs(conn, NOW, limit=10)] == [fresh]
        assert [job.job_id for job in jobs.due_jobs(conn, later, limit=10)] == [postponed, left, fresh, failed]


def test_every_platform_has_its_share_of_what_is_due(db: Engine) -> None:
    with db.begin() as conn:
        crowd = [add_job(conn, priority=Priority.HIGH) for _ in range(20)]
        few = {add_job(conn, platform=platform, priority=Priority.LOW) for platform in ("x", "friendster")}
        some = [job.job_id for job in jobs.due_jobs(conn, NOW, limit=9)]
        assert few < set(some)
        assert set(some) - few < set(crowd)
        assert len(some) == 9
        assert set(some[:7]) <= set(crowd), "the share decides who is there, the urgency in which order"
        assert len(jobs.due_jobs(conn, NOW, limit=100)) == 22


def test_a_requested_job_is_not_due_until_its_run_has_had_its_time(db: Engine) -> None:
    with db.begin() as conn:
        first, second, taken = add_job(conn), add_job(conn), add_job(conn)
        claim(conn, taken)
        until = NOW + 10 * MINUTE
        assert jobs.mark_requested(conn, [second, taken, first], until=until, now=NOW) == [second, first]
        assert jobs.mark_requested(conn, [first], until=until, now=NOW) == []
        assert jobs.due_jobs(conn, NOW + 9 * MINUTE, limit=10) == []
        assert len(jobs.due_jobs(conn, until, limit=10)) == 2
        assert jobs.clear_requested(conn, [first, taken]) == 1
        assert [job.job_id for job in jobs.due_jobs(conn, NOW, limit=10)] == [first]


def test_who_waits_is_told_for_a_run_or_for_the_time(db: Engine) -> None:
    with db.begin() as conn:
        add_job(conn)
        jobs.mark_requested(conn, [add_job(conn), add_job(conn)], until=NOW + MINUTE, now=NOW)
        add_job(conn, next_attempt_at=NOW + MINUTE)
        waiting = jobs.count_waiting(conn, NOW)
    assert (waiting.for_a_run, waiting.for_their_time) == (2, 1)


def test_the_last_round_of_a_day_is_known_by_target_and_profile(db: Engine) -> None:
    with db.begin() as conn:
        for number in (1, 2):
            add_job(conn, origin=Origin.COLLECTION, target_id="jane", profile_url="a", round=number)
        add_job(conn, origin=Origin.COLLECTION, target_id="jane", profile_url=None)
        add_job(conn, target_id="joe")
        assert jobs.last_rounds(conn, "linkedin", TODAY) == {("jane", "a"): 2, ("jane", None): 1}


def test_only_jobs_that_still_wait_are_served(db: Engine) -> None:
    with db.begin() as conn:
        waiting, canceled = claimed_job(conn), claimed_job(conn)
        snapshot_id = intend(conn, waiting, canceled)
        jobs.cancel(conn, canceled, NOW)
        assert jobs.served_by(conn, snapshot_id) == {waiting: 0}


def test_every_state_is_counted_zero_included(db: Engine) -> None:
    with db.begin() as conn:
        claim(conn, add_job(conn))
        add_job(conn)
        counts = jobs.counts_by_status(conn)
        assert jobs.counts_by_status(conn, JobFilter(platform="x")) == dict.fromkeys(JobStatus, 0)
    assert counts == {
        **dict.fromkeys(JobStatus, 0),
        JobStatus.PENDING: 1,
        JobStatus.PROCESSING: 1,
    }


def test_jobs_are_listed_by_what_is_asked_the_newest_first(db: Engine) -> None:
    with db.begin() as conn:
        older, newer = add_job(conn, target_id="jane"), add_job(conn, target_id="jane")
        elsewhere = add_job(conn, platform="x")
        for age, job_id in enumerate((newer, older, elsewhere)):
            set_job(conn, job_id, created_at=NOW - age * timedelta(days=1))
        claim(conn, newer)

        def listed(limit: int = 10, **which: object) -> list[str]:
            return [job.job_id for job in jobs.list_jobs(conn, JobFilter(**which), limit)]  # type: ignore[arg-type]

        assert listed() == [newer, older, elsewhere]
        assert listed(limit=1) == [newer]
        assert listed(platform="linkedin", target_id="jane") == [newer, older]
        assert listed(status=JobStatus.PROCESSING) == [newer]
        assert listed(collection_date=TODAY, platform="x") == [elsewhere]
        assert listed(snapshot_id="none") == []
