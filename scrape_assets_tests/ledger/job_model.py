"""What a scrape job must become by every deed of the ledger, in plain Python: the model its machine is held against.

Written from the documentation of the ledger and its table of retries, not from its SQL. No database here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, Priority
from scrape_assets.ledger.jobs.records import HEAD_START
from scrape_assets.ledger.retries import BUDGETS
from scrape_assets.ledger.states import JobStatus

S = JobStatus
ENDED = frozenset({S.COMPLETED, S.FAILED, S.DEAD, S.CANCELED})


class Refused(Exception):
    """The model does not allow it: the ledger must not either, and must leave the row as it is."""


@dataclass
class ModelJob:
    """A job as it must be."""

    job_id: str
    priority: Priority
    max_attempts: int
    due: datetime
    status: JobStatus = S.PENDING
    attempts: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    due_since: datetime | None = None  # put off through no fault of its own
    owner: str | None = None
    leased_until: datetime | None = None
    requested_until: datetime | None = None
    snapshot_id: str | None = None
    error_class: ErrorClass | None = None
    finished_at: datetime | None = None
    history: list[tuple[str, str]] = field(default_factory=list)

    @property
    def place(self) -> tuple[datetime, str]:
        """Its place in the queue."""
        return (self.due_since or self.due) - HEAD_START[self.priority], self.job_id

    @property
    def is_held(self) -> bool:
        """Whether a process holds the job itself; a snapshot that serves it is held in its place."""
        return self.status is S.PROCESSING and self.snapshot_id is None

    def told(self) -> dict[str, object]:
        """What the row must say."""
        return {
            "status": self.status,
            "attempts": self.attempts,
            "failures": self.failures,
            "next_attempt_at": self.due,
            "lease_owner": self.owner,
            "leased_until": self.leased_until,
            "requested_until": self.requested_until,
            "snapshot_id": self.snapshot_id,
            "error_class": self.error_class,
            "finished_at": self.finished_at,
        }

    def claim(self, owner: str, lease: timedelta, now: datetime) -> None:
        """Taken by a process."""
        self._come_to(S.PROCESSING)
        self.owner, self.leased_until, self.requested_until = owner, now + lease, None
        self.snapshot_id, self.finished_at = None, None

    def assign(self, snapshot_id: str, owner: str) -> None:
        """Tied to the snapshot that serves it."""
        self._must_be(S.PROCESSING)
        if self.owner != owner:
            raise Refused
        self.snapshot_id = snapshot_id
        self._let_go()

    @staticmethod
    def assign_all(chosen: "Iterable[ModelJob]", snapshot_id: str, owner: str) -> None:
        """All of them tied, or none."""
        for job in chosen:
            job.assign(snapshot_id, owner)

    def complete(self, now: datetime) -> None:
        """Ended well."""
        self._must_be(S.PROCESSING)
        self._end(S.COMPLETED, now, error_class=None)

    def retry_later(self, error_class: ErrorClass, now: datetime, again_at: datetime, owner: str | None) -> None:
        """Failed, and tried again unless that was the last attempt."""
        self._must_be(S.PROCESSING)
        if owner is not None and self.owner != owner:
            raise Refused
        last = self._spend(error_class)
        self.due, self.due_since = again_at, None
        self._after_failure(error_class, now, last=last)
        if not last:
            self.snapshot_id = None

    def postpone(self, error_class: ErrorClass, again_at: datetime) -> None:
        """Left for later, through no fault of its own."""
        self._must_be(S.PROCESSING)
        self.due_since, self.due = self.due_since or self.due, again_at
        self._come_to(S.PENDING)
        self.snapshot_id, self.error_class = None, error_class
        self._let_go()

    def put_off(self, error_class: ErrorClass, again_at: datetime) -> None:
        """Left for later while nobody has taken it."""
        if self.status is S.PENDING:
            self.due_since, self.due = self.due_since or self.due, again_at
            self.error_class = error_class

    def fail(self, error_class: ErrorClass, now: datetime, owner: str | None = None) -> None:
        """Given up."""
        self._must_be(S.PENDING, S.PROCESSING)
        if owner is not None and self.owner != owner:
            raise Refused
        if self.status is S.PROCESSING:
            self._spend(error_class)
        self._end(S.FAILED, now, error_class=error_class)
        self.requested_until = None

    def cancel(self, now: datetime) -> None:
        """Called off."""
        self._must_be(S.PENDING, S.PROCESSING)
        self._end(S.CANCELED, now, error_class=self.error_class)
        self.requested_until = None

    def replay(self, now: datetime) -> None:
        """Begun anew by a person."""
        self._must_be(S.FAILED, S.DEAD)
        self._begin_anew(S.PENDING)
        self.due, self.due_since, self.snapshot_id = now, None, None

    def rejoin(self) -> None:
        """Waits again for the snapshot it ended with."""
        self._must_be(S.FAILED, S.DEAD)
        self._begin_anew(S.PROCESSING)

    def give_back(self) -> None:
        """Put back on purpose."""
        self._come_to(S.PENDING)
        self.snapshot_id = None
        self._let_go()

    def lose(self, now: datetime, *, counted: bool) -> None:
        """Whoever held it is gone."""
        self.due = now
        if counted:
            last = self._spend(ErrorClass.LEASE_LOST)
            self._after_failure(ErrorClass.LEASE_LOST, now, last=last)
        else:
            self._come_to(S.PENDING)
            self._let_go()

    def copy(self) -> "ModelJob":
        """As it is now, to look at what was refused."""
        return replace(self, failures=dict(self.failures), history=list(self.history))

    def _spend(self, error_class: ErrorClass) -> bool:
        budget = BUDGETS[error_class]
        if not budget.counts:
            return False
        self.attempts += 1
        of_class = self.failures.get(error_class, 0) + 1
        self.failures = {**self.failures, error_class.value: of_class}
        return self.attempts >= self.max_attempts or (budget.tries is not None and of_class >= budget.tries)

    def _after_failure(self, error_class: ErrorClass, now: datetime, *, last: bool) -> None:
        self._come_to(S.DEAD if last else S.PENDING)
        self.finished_at = now if last else None
        self.error_class = error_class
        self._let_go()

    def _begin_anew(self, status: JobStatus) -> None:
        self._come_to(status)
        self.attempts, self.failures, self.finished_at, self.requested_until = 0, {}, None, None
        self._let_go()

    def _end(self, status: JobStatus, now: datetime, *, error_class: ErrorClass | None) -> None:
        self._come_to(status)
        self.finished_at, self.error_class = now, error_class
        self._let_go()

    def _let_go(self) -> None:
        self.owner, self.leased_until = None, None

    def _must_be(self, *states: JobStatus) -> None:
        if self.status not in states:
            raise Refused

    def _come_to(self, status: JobStatus) -> None:
        if status is not self.status:
            self.history.append((self.status.value, status.value))
        self.status = status


def said_of(job: Job) -> dict[str, object]:
    """What the ledger says of a job, as `ModelJob.told`."""
    return {name: getattr(job, name) for name in ModelJob("", Priority.LOW, 1, job.created_at).told()}
