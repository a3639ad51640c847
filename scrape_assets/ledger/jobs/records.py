"""What a scrape job is, as it is asked for and as it is read. No changes of state."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from enum import StrEnum

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.retries import MOST_ATTEMPTS
from scrape_assets.ledger.rows import member_or_none, reader
from scrape_assets.ledger.states import JobStatus
from scrape_assets.storage.schema import scrape_jobs


class TargetKind(StrEnum):
    """What is collected."""

    CREATOR = "creator"  # the posts of one profile
    EVENT = "event"  # the posts around one event


class Priority(StrEnum):
    """How urgent a job is."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


HEAD_START: Mapping[Priority, timedelta] = {
    Priority.HIGH: timedelta(hours=6),
    Priority.NORMAL: timedelta(0),
    Priority.LOW: timedelta(hours=-6),
}
"""How much earlier than it did a job counts as having become due.

A high job overtakes normal ones that became due in the 6 hours before it, and low ones of the 12 hours before; who has
waited longer than that goes first, so that nobody is starved. The column `place` holds the same numbers: a change here
needs a migration.
"""


class Origin(StrEnum):
    """Who asked."""

    COLLECTION = "collection"  # the collections asset: once a day, profile and round
    REQUEST = "request"  # anybody: as often as they ask


@dataclass(frozen=True)
class NewJob:
    """One target on one platform in one time range, to be collected."""

    target_id: str  # a creator_id or an event_id
    platform: str
    collection_date: date  # the day it belongs to: its partition of `collections`
    next_attempt_at: datetime  # aware; not to be collected earlier
    target_kind: TargetKind = TargetKind.CREATOR
    profile_url: str | None = None  # which of the target's profiles; None: to be planned
    source: str | None = None  # None: the platform's first configured source
    search_params: dict[str, object] = field(default_factory=dict)  # JSON
    priority: Priority = Priority.NORMAL
    origin: Origin = Origin.REQUEST
    round: int = 1  # a forced repeat of a collection adds one
    max_attempts: int = MOST_ATTEMPTS


@dataclass(frozen=True)
class Job:
    """A scrape job as the ledger holds it. All times are aware and UTC."""

    job_id: str
    target_kind: TargetKind
    target_id: str
    platform: str
    source: str | None  # None: the platform's first configured source
    search_params: dict[str, object]
    priority: Priority
    status: JobStatus
    attempts: int  # those that failed
    max_attempts: int  # after as many of all classes the job is dead
    next_attempt_at: datetime  # pending: not to be collected earlier
    snapshot_id: str | None  # the snapshot that serves it, from the moment the intent is written
    run_id: str | None  # the run that claimed it last
    posts_found: int | None  # None: not known (yet)
    error_class: ErrorClass | None  # of the last failed attempt
    error: str | None  # of the last failed attempt, for people
    warning: str | None  # completed, but the source said something worth reading
    created_at: datetime
    started_at: datetime | None  # first claimed
    finished_at: datetime | None  # completed, failed, dead or canceled
    origin: Origin
    collection_date: date
    profile_url: str | None
    round: int
    leased_until: datetime | None  # held until then, unless renewed
    lease_owner: str | None
    requested_until: datetime | None  # a run that will claim it is asked for, and has until then
    honoured: dict[str, str] | None  # what the source does of the job's wishes, e.g. {"timeRange": "at the source"}
    progress: dict[str, object] | None  # where a direct source goes on: {"source": …, "cursor": …}
    failures: dict[str, int] = field(default_factory=dict)  # attempts spent, by error class
    request_key: str | None = None  # what is asked for, whoever is asked: equal keys ask for the same
    due_since: datetime | None = None  # put off through no fault of its own: its turn counts from then

    @property
    def place(self) -> datetime:
        """Its place in the queue: the earliest goes first. The column `place` is the same in SQL."""
        return (self.due_since or self.next_attempt_at) - HEAD_START[self.priority]


JOB_COLUMNS = [scrape_jobs.c[column.name] for column in fields(Job)]


_ENUMS: Mapping[str, type[StrEnum]] = {
    "target_kind": TargetKind,
    "priority": Priority,
    "status": JobStatus,
    "origin": Origin,
    "error_class": ErrorClass,
}
job_of = reader(Job, {name: member_or_none(kind) for name, kind in _ENUMS.items()})
"""Reads a row of JOB_COLUMNS."""
