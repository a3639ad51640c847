"""Several processes do whatever comes to their minds with jobs; the ledger and its model agree at every step.

`STATEFUL_EXAMPLES=2000 pytest --timeout 0 …/test_job_machine.py` tries many more, and others each time.
"""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import Engine

from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Completion, JobFilter, Priority
from scrape_assets.ledger.states import JOB_TRANSITIONS, JobStatus
from scrape_assets_tests.ledger import machines
from scrape_assets_tests.ledger.job_deeds import GIVEN_UP, JobDeeds, ids
from scrape_assets_tests.ledger.job_model import ENDED, said_of
from scrape_assets_tests.ledger.machines import LEASE, error_classes, moments, owners, wild

S = JobStatus
SNAPSHOTS = ("linkedin-a", "linkedin-b")

anyone = st.integers(0, 6)
some = st.lists(anyone, min_size=1, max_size=4, unique=True)
maybe_owner = st.none() | owners
priorities = st.sampled_from(Priority)
snapshot_ids = st.sampled_from(SNAPSHOTS)


class Jobs(JobDeeds):
    """Rules are the public functions of `ledger.jobs` that change anything, allowed or not."""

    @initialize(priorities=st.lists(priorities, min_size=4, max_size=7))
    def begin(self, priorities: list[Priority]) -> None:
        for number, priority in enumerate(priorities):
            self.adds(priority, 1 + number % 4, timedelta(hours=number))

    @rule(priority=priorities, max_attempts=st.integers(1, 4), overdue=moments)
    def add(self, priority: Priority, max_attempts: int, overdue: timedelta) -> None:
        self.adds(priority, max_attempts, overdue)

    @rule(moment=moments)
    def time_passes(self, moment: timedelta) -> None:
        self.now += moment

    @rule(owner=owners, limit=st.integers(1, 6), numbers=st.none() | some)
    def claim(self, owner: str, limit: int, numbers: list[int] | None) -> None:
        self.claims(owner, limit, None if numbers is None else self.all_named(numbers))

    @rule(owner=owners)
    def renew(self, owner: str) -> None:
        mine = [job for job in self.jobs.values() if job.owner == owner]
        for job in mine:
            job.leased_until = self.now + LEASE
        assert jobs.renew_leases(self.conn, owner, LEASE, self.now) == len(mine)

    @rule(owner=owners, numbers=st.none() | some, taken=st.integers(0, 4))
    def release(self, owner: str, numbers: list[int] | None, taken: int) -> None:
        self.claims(owner, taken, None)
        among = self.all_named(numbers)
        mine = [job for job in among if job.is_held and job.owner == owner]
        told = jobs.release(self.conn, owner, None if numbers is None else ids(among))
        assert set(told) == set(ids(mine))
        for job in mine:
            job.give_back()

    @rule(owner=owners, taken=st.integers(0, 4), later=moments)
    def reclaim(self, owner: str, taken: int, later: timedelta) -> None:
        self.claims(owner, taken, None)
        self.now += later
        lost = [job for job in self.jobs.values() if job.is_held and (job.leased_until or self.now) <= self.now]
        told = jobs.reclaim_expired(self.conn, self.now)
        assert {job.job_id for job in told} == set(ids(lost))
        for job in lost:
            job.lose(self.now, counted=True)

    @rule(owner=owners, taken=st.integers(0, 4), counted=st.booleans())
    def owner_ends(self, owner: str, taken: int, counted: bool) -> None:
        self.claims(owner, taken, None)
        lost = [job for job in self.jobs.values() if job.is_held and job.owner == owner]
        told = jobs.release_run(self.conn, owner, self.now, count_attempt=counted)
        assert {job.job_id for job in told} == set(ids(lost))
        for job in lost:
            job.lose(self.now, counted=counted)

    @rule(numbers=some, snapshot_id=snapshot_ids, owner=owners, wild=wild)
    def assign(self, numbers: list[int], snapshot_id: str, owner: str, wild: bool) -> None:
        chosen = [self.in_work(number, owner, wild) for number in numbers]
        self.assigns(list({job.job_id: job for job in chosen}.values()), snapshot_id, owner)

    @rule(number=anyone, owner=owners, wild=wild)
    def complete(self, number: int, owner: str, wild: bool) -> None:
        job = self.in_work(number, owner, wild)
        self.agree(lambda: jobs.complete(self.conn, job.job_id, 3, None, self.now), lambda: job.complete(self.now))

    @rule(numbers=some, owner=owners, wild=wild)
    def complete_many(self, numbers: list[int], owner: str, wild: bool) -> None:
        self.in_work(numbers[0], owner, wild)
        chosen = self.all_named(numbers)
        ended = [job for job in chosen if job.status is S.PROCESSING]
        told = jobs.complete_many(self.conn, [Completion(job_id, 3) for job_id in ids(chosen)], self.now)
        assert set(told) == set(ids(ended))
        for job in ended:
            job.complete(self.now)

    @rule(number=anyone, by=owners, wild=wild, error_class=error_classes, wait=moments, owner=maybe_owner)
    def retry_later(
        self, number: int, by: str, wild: bool, error_class: ErrorClass, wait: timedelta, owner: str | None
    ) -> None:
        job, again_at = self.in_work(number, by, wild), self.now + wait
        self.agree(
            lambda: jobs.retry_later(
                self.conn,
                job.job_id,
                error_class=error_class,
                error="no",
                now=self.now,
                next_attempt_at=again_at,
                owner=owner,
            ),
            lambda: job.retry_later(error_class, self.now, again_at, owner),
        )

    @rule(number=anyone, by=owners, wild=wild, error_class=error_classes, wait=moments)
    def postpone(self, number: int, by: str, wild: bool, error_class: ErrorClass, wait: timedelta) -> None:
        job, again_at = self.in_work(number, by, wild), self.now + wait
        self.agree(
            lambda: jobs.postpone(
                self.conn, job.job_id, error_class=error_class, error="later", next_attempt_at=again_at
            ),
            lambda: job.postpone(error_class, again_at),
        )

    @rule(numbers=some, error_class=error_classes, wait=moments)
    def put_off(self, numbers: list[int], error_class: ErrorClass, wait: timedelta) -> None:
        chosen, again_at = self.all_named(numbers), self.now + wait
        jobs.put_off(self.conn, ids(chosen), error_class=error_class, error="later", next_attempt_at=again_at)
        for job in chosen:
            job.put_off(error_class, again_at)

    @rule(number=anyone, by=owners, wild=wild, error_class=error_classes, owner=maybe_owner)
    def fail(self, number: int, by: str, wild: bool, error_class: ErrorClass, owner: str | None) -> None:
        self.fails(self.in_work(number, by, wild), error_class, owner)

    @rule(numbers=some)
    def fail_many(self, numbers: list[int]) -> None:
        chosen = self.all_named(numbers)
        ended = [job for job in chosen if job.status is S.PENDING]
        error_class = ErrorClass.BAD_REQUEST
        told = jobs.fail_many(self.conn, ids(chosen), error_class=error_class, error="no", now=self.now)
        assert set(told) == set(ids(ended))
        for job in ended:
            job.fail(error_class, self.now)

    @rule(number=anyone)
    def cancel(self, number: int) -> None:
        job = self.named(number)
        self.agree(lambda: jobs.cancel(self.conn, job.job_id, self.now), lambda: job.cancel(self.now))

    @rule(number=anyone, owner=owners, wild=wild)
    def replay(self, number: int, owner: str, wild: bool) -> None:
        self.replays(self.given_up(number, owner, wild))

    @rule(numbers=some, snapshot_id=snapshot_ids, owner=owners, wild=wild)
    def rejoin(self, numbers: list[int], snapshot_id: str, owner: str, wild: bool) -> None:
        self.given_up(numbers[0], owner, wild, tied_to=snapshot_id)
        chosen = self.all_named(numbers)
        again = [job for job in chosen if job.snapshot_id == snapshot_id and job.status in GIVEN_UP]
        assert set(jobs.rejoin(self.conn, ids(chosen), snapshot_id)) == set(ids(again))
        for job in again:
            job.rejoin()

    @rule(numbers=some, snapshot_id=snapshot_ids, owner=owners, wild=wild)
    def give_back(self, numbers: list[int], snapshot_id: str, owner: str, wild: bool) -> None:
        self.in_work(numbers[0], owner, wild, tied_to=snapshot_id)
        chosen = self.all_named(numbers)
        back = [job for job in chosen if job.snapshot_id == snapshot_id and job.status is S.PROCESSING]
        assert set(jobs.give_back(self.conn, ids(chosen), snapshot_id)) == set(ids(back))
        for job in back:
            job.give_back()

    @rule(numbers=some, wait=moments)
    def request(self, numbers: list[int], wait: timedelta) -> None:
        chosen, until = self.all_named(numbers), self.now + wait
        free = [job for job in chosen if job.status is S.PENDING and (job.requested_until or self.now) <= self.now]
        assert jobs.mark_requested(self.conn, ids(chosen), until=until, now=self.now) == ids(free)
        for job in free:
            job.requested_until = until

    @rule(numbers=some)
    def clear_requested(self, numbers: list[int]) -> None:
        chosen = self.all_named(numbers)
        jobs.clear_requested(self.conn, ids(chosen))
        for job in chosen:
            if job.status is S.PENDING:
                job.requested_until = None

    @invariant()
    def every_job_is_where_the_model_has_it(self) -> None:
        told = {job.job_id: job for job in jobs.list_jobs(self.conn, JobFilter(), 100)}
        assert {job_id: said_of(job) for job_id, job in told.items()} == {
            job_id: job.told() for job_id, job in self.jobs.items()
        }
        for job in told.values():
            assert job.attempts <= job.max_attempts
            assert (job.lease_owner is not None) is (job.status is S.PROCESSING and job.snapshot_id is None)
            assert (job.finished_at is not None) is (job.status in ENDED)

    @invariant()
    def every_step_was_a_legal_one_and_is_told(self) -> None:
        for job_id, step in self.new_steps("job"):
            self.told.setdefault(job_id, []).append(step)
            assert S(step[1]) in JOB_TRANSITIONS[S(step[0])]
        assert self.told == {job_id: job.history for job_id, job in self.jobs.items() if job.history}


def test_jobs_and_their_model_agree_whatever_is_done(db: Engine) -> None:
    machines.run(Jobs, db)
