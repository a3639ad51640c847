"""The states of jobs and snapshots, and every transition that is allowed, written down once. No SQL."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar, overload


class JobStatus(StrEnum):
    """Where a scrape job stands."""

    PENDING = "pending"  # to be collected at next_attempt_at or later
    PROCESSING = "processing"  # held by a process, or (with a snapshot_id) waiting for its snapshot
    COMPLETED = "completed"  # its posts are loaded and matched; final
    FAILED = "failed"  # will not work by itself again: bad input, no key; a person may replay it
    DEAD = "dead"  # every attempt is spent: a dead letter; a person may replay it
    CANCELED = "canceled"  # somebody called it off; final


class SnapshotStatus(StrEnum):
    """Where a snapshot stands."""

    TRIGGERING = "triggering"  # the intent is committed, the source is being asked
    UNKNOWN = "unknown"  # the answer was lost: it may exist, and may cost, at the source
    PENDING = "pending"  # the source accepted it and has not begun
    RUNNING = "running"  # the source is working on it
    READY = "ready"  # there to be downloaded, or its payload already is
    PROCESSING = "processing"  # held by a process that downloads, loads and matches it
    PROCESSED = "processed"  # downloaded, loaded and matched, or empty
    FAILED = "failed"  # the source or our processing gave it up, with the reason
    DEAD = "dead"  # every attempt at processing it is spent, or its fate will never be known
    EXPIRED = "expired"  # the source threw it away; a kept payload can still be processed
    CANCELED = "canceled"  # somebody called it off; final


Status = TypeVar("Status", bound=StrEnum)
Transitions = Mapping[Status, frozenset[Status]]

_J = JobStatus
JOB_TRANSITIONS: Transitions[JobStatus] = {
    _J.PENDING: frozenset({_J.PROCESSING, _J.CANCELED, _J.FAILED}),
    _J.PROCESSING: frozenset({_J.COMPLETED, _J.PENDING, _J.FAILED, _J.DEAD, _J.CANCELED}),
    _J.COMPLETED: frozenset(),
    # Replay: pending is asked anew, and paid for; processing waits again for the snapshot that was paid for.
    _J.FAILED: frozenset({_J.PENDING, _J.PROCESSING}),
    _J.DEAD: frozenset({_J.PENDING, _J.PROCESSING}),
    _J.CANCELED: frozenset(),
}

_S = SnapshotStatus
_AFTER_ASKING = frozenset({_S.READY, _S.FAILED, _S.DEAD, _S.EXPIRED, _S.CANCELED, _S.PROCESSED})  # processed: empty
SNAPSHOT_TRANSITIONS: Transitions[SnapshotStatus] = {
    # Straight to ready: a direct source has no waiting of its own.
    _S.TRIGGERING: frozenset({_S.PENDING, _S.UNKNOWN, _S.FAILED, _S.CANCELED, _S.READY}),
    # To ready: what a direct source gave before its process died lies in the archive.
    _S.UNKNOWN: frozenset({_S.PENDING, _S.FAILED, _S.CANCELED, _S.DEAD, _S.READY}),
    _S.PENDING: _AFTER_ASKING | {_S.RUNNING},
    _S.RUNNING: _AFTER_ASKING | {_S.PENDING},
    # Back to running: the source may still be building what it called ready.
    _S.READY: frozenset({_S.PROCESSING, _S.PENDING, _S.RUNNING, _S.FAILED, _S.DEAD, _S.EXPIRED, _S.CANCELED}),
    _S.PROCESSING: frozenset({_S.PROCESSED, _S.READY, _S.RUNNING, _S.FAILED, _S.DEAD, _S.EXPIRED}),
    _S.PROCESSED: frozenset({_S.PROCESSING}),  # materialized again
    _S.FAILED: frozenset({_S.PROCESSING, _S.READY, _S.PENDING, _S.RUNNING}),
    _S.DEAD: frozenset({_S.PROCESSING, _S.READY, _S.PENDING}),
    # From the kept payload; or the source has it after all.
    _S.EXPIRED: frozenset({_S.PROCESSING, _S.READY, _S.PENDING}),
    _S.CANCELED: frozenset(),
}


class IllegalTransition(Exception):
    """A job or snapshot is not in a state from which the wanted change is allowed.

    Attributes:
        actual: the state it really is in.
        wanted: the state, or states, it should have come to.
    """

    def __init__(self, what: str, actual: StrEnum, wanted: frozenset[StrEnum], why: str = "") -> None:
        self.actual = actual
        self.wanted = wanted
        words = " or ".join(sorted(wanted))
        super().__init__(f"{what} is {actual} and cannot become {words}{why and f': {why}'}")


class NotInLedger(LookupError):
    """No job or snapshot has this id."""


def check_snapshot(source: SnapshotStatus, to: SnapshotStatus) -> None:
    """Raise IllegalTransition unless a snapshot may go from `source` to `to`."""
    if to not in SNAPSHOT_TRANSITIONS[source]:
        raise IllegalTransition("A snapshot", source, frozenset({to}))


@overload
def sources_of(to: JobStatus) -> frozenset[JobStatus]: ...
@overload
def sources_of(to: SnapshotStatus) -> frozenset[SnapshotStatus]: ...
def sources_of(to: JobStatus | SnapshotStatus) -> frozenset[JobStatus] | frozenset[SnapshotStatus]:
    """Give the states that may be left for `to`."""
    if isinstance(to, JobStatus):
        return _sources(JOB_TRANSITIONS, to)
    return _sources(SNAPSHOT_TRANSITIONS, to)


def _sources(transitions: Transitions[Status], to: Status) -> frozenset[Status]:
    return frozenset(source for source, targets in transitions.items() if to in targets)
