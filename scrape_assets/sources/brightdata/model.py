"""What goes to Bright Data and what it tells us about its snapshots, as values. No parsing, no calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from scrape_assets.ledger.errors import ErrorClass


class VendorState(StrEnum):
    """Where a snapshot stands, whatever word the vendor used for it."""

    WORKING = "working"  # any word we do not know means this, until our own patience ends
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class TriggerRequest:
    """One paid job over many inputs."""

    dataset_id: str  # gd_…
    inputs: Sequence[Mapping[str, object]]  # in the order in which the vendor counts them, from 1
    discover_by: str | None = None  # e.g. "profile_url"; None: collect the given URLs themselves
    limit_per_input: int | None = None  # records; the vendor heeds it in discovery only
    extra: Mapping[str, str] = field(default_factory=dict)  # further query parameters, e.g. {"deadline": "2h"}

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ValueError("a trigger needs at least one input")


@dataclass(frozen=True)
class Progress:
    """What the vendor says of a snapshot."""

    state: VendorState
    word: str  # the vendor's own, verbatim
    records: int | None  # without error rows
    errors: int | None
    error_codes: Mapping[str, int]  # empty when the vendor gives none
    message: str | None  # why it failed, in the vendor's words
    error_class: ErrorClass | None  # of a failed snapshot
    empty: bool  # ready, and known to hold nothing: not even an error row, so there is nothing to download


@dataclass(frozen=True)
class ListedSnapshot:
    """One line of the vendor's list of its snapshots."""

    id: str
    created: datetime | None  # aware, UTC
    status: str | None  # the vendor's word
    dataset_size: int | None  # records


@dataclass(frozen=True)
class SnapshotLog:
    """The vendor's log of a job, without the user and the address it also tells: not ours to keep."""

    status: str | None
    created: datetime | None  # aware, UTC
    dataset_id: str | None
    inputs: int | None
    records: int | None
    file_bytes: int | None
    seconds: float | None
    success_rate: float | None  # 0 to 1
