"""Dead letters: what nobody tries again by itself. Which there are, how many, and how many are new. Nothing is changed.

A job is one when it is failed or dead. A snapshot is one when it was taken on, is given up, and its posts were never
loaded: what a source refused is asked for again by its jobs, and canceled is not dead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Text,
    and_,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.storage.schema import scrape_jobs, snapshots, state_changes

_jobs, _snapshots, _changes = scrape_jobs.c, snapshots.c, state_changes.c


class LetterKind(StrEnum):
    """What is dead."""

    JOB = "job"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class DeadLetter:
    """A job or snapshot that nobody tries again by itself."""

    kind: LetterKind
    id: str
    status: str  # failed, dead, expired
    platform: str
    target_id: str | None  # the creator or event; None: a snapshot has many
    source: str | None
    snapshot_id: str | None  # that served the job last
    collection_date: date
    attempts: int  # spent
    error_class: ErrorClass | None
    error: str | None
    died_at: datetime  # aware, UTC


@dataclass(frozen=True)
class LetterFilter:
    """Which dead letters; None or empty for any."""

    ids: Sequence[str] = ()
    kind: LetterKind | None = None
    platform: str | None = None
    target_id: str | None = None  # a creator's or event's, of snapshots too
    error_class: ErrorClass | None = None
    since: datetime | None = None  # died then or later
    until: datetime | None = None  # died earlier
    collected_for: Sequence[tuple[date, str]] = ()  # days and platforms of collections

    @property
    def names_something(self) -> bool:
        """Whether it is narrower than everything there is."""
        return self != LetterFilter()


_DEAD_JOB = _jobs.status.in_([JobStatus.FAILED, JobStatus.DEAD])
_DEAD_SNAPSHOT = and_(
    _snapshots.processed_at.is_(None),
    or_(
        _snapshots.status.in_([SnapshotStatus.DEAD, SnapshotStatus.EXPIRED]),
        and_(
            _snapshots.status == SnapshotStatus.FAILED,
            _snapshots.ready_at.is_not(None),  # or the source refused or failed it, and its jobs were asked again
            _snapshots.error_class.is_distinct_from(ErrorClass.VENDOR_FAILED),
        ),
    ),
)


def find(conn: Connection, which: LetterFilter, limit: int | None = None) -> list[DeadLetter]:
    """Give dead letters, the newest first, at most `limit`."""
    return list(_read(conn, which, limit))


def each(conn: Connection, which: LetterFilter) -> Iterator[DeadLetter]:
    """Give dead letters, the newest first, however many there are: they are read as they are taken."""
    return _read(conn.execution_options(yield_per=1000), which, None)


def count_dead(conn: Connection) -> dict[tuple[str, str, str], int]:
    """Count the dead letters by kind, platform and error class ("" when none was noted)."""
    counts: dict[tuple[str, str, str], int] = {}
    for kind, columns, dead in (
        (LetterKind.JOB, _jobs, _DEAD_JOB),
        (LetterKind.SNAPSHOT, _snapshots, _DEAD_SNAPSHOT),
    ):
        by = (columns.platform, func.coalesce(columns.error_class, ""))
        for platform, error_class, number in conn.execute(select(*by, func.count()).where(dead).group_by(*by)):
            counts[str(kind), platform, error_class] = number
    return counts


@dataclass(frozen=True)
class NewlyDead:
    """What has died since the last look."""

    jobs: int
    snapshots: int
    last_change: int  # up to which change of state was looked: the next look begins there


def died_since(conn: Connection, last_change: int | None) -> NewlyDead:
    """Count what has died since a change of state; None begins to count now.

    Changes are numbered when they are made and seen when they are committed, so that one may slip through between two
    looks: this is for telling, not for keeping books.
    """
    latest = conn.execute(select(func.coalesce(func.max(_changes.change_id), 0))).scalar_one()
    if last_change is None:
        return NewlyDead(0, 0, latest)
    of_jobs = and_(_changes.kind == LetterKind.JOB, _changes.to_status.in_([JobStatus.FAILED, JobStatus.DEAD]))
    of_snapshots = and_(
        _changes.kind == LetterKind.SNAPSHOT,
        _changes.to_status.in_([SnapshotStatus.DEAD, SnapshotStatus.EXPIRED]),
    )
    since = [_changes.change_id > last_change, _changes.change_id <= latest]
    counted = select(func.count().filter(of_jobs), func.count().filter(of_snapshots)).where(*since)
    return NewlyDead(*conn.execute(counted).one(), latest)


def _read(conn: Connection, which: LetterFilter, limit: int | None) -> Iterator[DeadLetter]:
    letters = _letters(which).subquery()
    newest_first = select(letters).order_by(letters.c.died_at.desc(), letters.c.id).limit(limit)
    for row in conn.execute(newest_first).mappings():
        error_class = row["error_class"] and ErrorClass(row["error_class"])
        yield DeadLetter(**{**row, "kind": LetterKind(row["kind"]), "error_class": error_class})


def _letters(which: LetterFilter) -> CompoundSelect[Any]:
    of_jobs = select(
        literal(str(LetterKind.JOB)).label("kind"),
        _jobs.job_id.label("id"),
        _jobs.status,
        _jobs.platform,
        _jobs.target_id,
        _jobs.source,
        _jobs.snapshot_id,
        _jobs.collection_date,
        _jobs.attempts,
        _jobs.error_class,
        _jobs.error,
        (job_died := func.coalesce(_jobs.finished_at, _jobs.created_at)).label("died_at"),
    ).where(_DEAD_JOB, *_passes(which, LetterKind.JOB, _jobs.job_id, _jobs, job_died))
    if which.target_id is not None:
        of_jobs = of_jobs.where(_jobs.target_id == which.target_id)
    # A snapshot does not note when it was given up; its history does.
    given_up = (
        select(func.max(_changes.changed_at))
        .where(_changes.subject_id == _snapshots.snapshot_id, _changes.to_status == _snapshots.status)
        .scalar_subquery()
    )
    snapshot_died = func.coalesce(given_up, _snapshots.created_at)
    of_snapshots = select(
        literal(str(LetterKind.SNAPSHOT)),
        _snapshots.snapshot_id,
        _snapshots.status,
        _snapshots.platform,
        null().cast(Text),
        _snapshots.source,
        _snapshots.snapshot_id,
        _snapshots.collection_date,
        _snapshots.attempts.cast(Integer),
        _snapshots.error_class,
        _snapshots.error,
        snapshot_died,
    ).where(_DEAD_SNAPSHOT, *_passes(which, LetterKind.SNAPSHOT, _snapshots.snapshot_id, _snapshots, snapshot_died))
    if which.target_id is not None:
        asked = func.jsonb_array_elements(_snapshots.inputs).table_valued("value").alias("asked")
        for_target = select(1).where(
            _jobs.job_id == asked.c.value.op("->>")("job_id"), _jobs.target_id == which.target_id
        )
        of_snapshots = of_snapshots.where(for_target.select_from(asked, scrape_jobs).exists())
    return union_all(of_jobs, of_snapshots)


def _passes(
    which: LetterFilter, kind: LetterKind, key: ColumnElement[str], columns: Any, died_at: ColumnElement[datetime]
) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if which.kind not in (None, kind):
        where.append(literal(value=False))
    if which.ids:
        where.append(key.in_(which.ids))
    if which.collected_for:
        where.append(tuple_(columns.collection_date, columns.platform).in_(which.collected_for))
    if which.platform is not None:
        where.append(columns.platform == which.platform)
    if which.error_class is not None:
        where.append(columns.error_class == which.error_class)
    if which.since is not None:
        where.append(died_at >= which.since)
    if which.until is not None:
        where.append(died_at < which.until)
    return where
