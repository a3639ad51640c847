"""What a machine of jobs does in more than one rule, and how it leads a job to where a deed makes sense. No rules."""

from collections.abc import Iterable
from datetime import timedelta

from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Priority
from scrape_assets.ledger.states import JobStatus
from scrape_assets_tests.ledger.invented import new_job
from scrape_assets_tests.ledger.job_model import ModelJob
from scrape_assets_tests.ledger.machines import LEASE, LedgerMachine

S = JobStatus
FINAL = (S.COMPLETED, S.CANCELED)
GIVEN_UP = (S.FAILED, S.DEAD)


def ids(chosen: Iterable[ModelJob]) -> list[str]:
    """Their ids, in their order."""
    return [job.job_id for job in chosen]


class JobDeeds(LedgerMachine):
    """Every deed is done to the ledger and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, ModelJob] = {}
        self.told: dict[str, list[tuple[str, str]]] = {}

    @property
    def models(self) -> dict[str, ModelJob]:
        return self.jobs

    def named(self, number: int) -> ModelJob:
        """Those that have not ended for good come first: most is done to them."""
        known = sorted(self.jobs.values(), key=lambda job: job.status in FINAL)
        return known[number % len(known)]

    def all_named(self, numbers: list[int] | None) -> list[ModelJob]:
        """Each once; all there are for None."""
        if numbers is None:
            return list(self.jobs.values())
        return list({job.job_id: job for job in map(self.named, numbers)}.values())

    def in_work(self, number: int, owner: str, wild: bool, *, tied_to: str | None = None) -> ModelJob:
        """A job that a process holds, or a snapshot serves; or a wild one, with which nothing of it may be legal."""
        job = self.named(number)
        if wild or job.status in FINAL:
            return job
        if job.status in GIVEN_UP:
            self.replays(job)
        if job.status is S.PENDING:
            self.now = max(self.now, job.due)
            self.claims(owner, 1, [job])
        if tied_to and job.is_held:
            self.assigns([job], tied_to, str(job.owner))
        return job

    def given_up(self, number: int, owner: str, wild: bool, *, tied_to: str | None = None) -> ModelJob:
        """A job that failed."""
        job = self.in_work(number, owner, wild, tied_to=tied_to) if not wild else self.named(number)
        if job.status is S.PROCESSING and not wild:
            self.fails(job, ErrorClass.BAD_DATA, None)
        return job

    def claims(self, owner: str, limit: int, among: list[ModelJob] | None) -> None:
        known = self.jobs.values() if among is None else among
        due = [job for job in known if job.status is S.PENDING and job.due <= self.now]
        taken = sorted(due, key=lambda job: job.place)[:limit]
        told = jobs.claim_jobs(
            self.conn,
            platform="linkedin",
            collection_date=None,
            owner=owner,
            lease=LEASE,
            now=self.now,
            limit=limit,
            job_ids=None if among is None else ids(among),
        )
        assert [job.job_id for job in told] == ids(taken)
        for job in taken:
            job.claim(owner, LEASE, self.now)

    def assigns(self, chosen: list[ModelJob], snapshot_id: str, owner: str) -> None:
        self.agree(
            lambda: jobs.assign_snapshot(self.conn, ids(chosen), snapshot_id, owner),
            lambda: ModelJob.assign_all(chosen, snapshot_id, owner),
        )

    def fails(self, job: ModelJob, error_class: ErrorClass, owner: str | None) -> None:
        self.agree(
            lambda: jobs.fail(self.conn, job.job_id, error_class, "no", self.now, owner),
            lambda: job.fail(error_class, self.now, owner),
        )

    def replays(self, job: ModelJob) -> None:
        self.agree(lambda: jobs.replay(self.conn, job.job_id, self.now), lambda: job.replay(self.now))

    def adds(self, priority: Priority, max_attempts: int, overdue: timedelta) -> None:
        new = new_job(priority=priority, max_attempts=max_attempts, next_attempt_at=self.now - overdue)
        [job_id] = jobs.add_jobs(self.conn, [new])
        self.jobs[job_id] = ModelJob(job_id, priority, max_attempts, new.next_attempt_at)
