"""What a snapshot is, as it is intended and as it is read. No changes of state."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.retries import MOST_ATTEMPTS
from scrape_assets.ledger.rows import member_or_none, reader
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots


@dataclass(frozen=True)
class SnapshotInput:
    """One input of a trigger, and the job it serves."""

    job_id: str  # "" for what was found at the vendor and serves no job of ours
    url: str  # the canonical profile URL; for people and for `creator_urls`
    input: dict[str, object]  # JSON, word for word what the source is given


@dataclass(frozen=True)
class NewSnapshot:
    """What is about to be asked for. It costs from the moment the source accepts it."""

    snapshot_id: str  # ours, from `keys.new_snapshot_id`; the partition key as well
    source: str
    platform: str
    collection_date: date
    inputs: tuple[SnapshotInput, ...]  # in the order sent
    dataset_id: str | None = None
    trigger_params: dict[str, object] = field(default_factory=dict)  # JSON
    max_attempts: int = MOST_ATTEMPTS  # of processing
    run_id: str | None = None
    estimated_usd: Decimal | None = None  # None: nobody has told the price


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as the ledger holds it. All times are aware and UTC."""

    snapshot_id: str  # ours
    source: str
    platform: str
    dataset_id: str | None
    vendor_snapshot_id: str | None  # None: the source has given none (yet)
    partition_key: str
    collection_date: date
    status: SnapshotStatus
    trigger_params: dict[str, object]
    inputs: tuple[SnapshotInput, ...]  # in the order sent; equal ones, of several jobs, were sent as one
    creator_urls: tuple[str, ...]
    attempts: int  # of processing, that failed
    max_attempts: int  # after as many of all classes the snapshot is dead
    checks: int  # times the source was asked about it
    next_check_at: datetime | None  # unknown, pending, running: when to ask; ready: when to process
    vendor_status: str | None  # the source's own last word
    vendor_records: int | None  # how many records the source says it has
    vendor_errors: int | None
    posts_retrieved: int | None  # None: not loaded (yet)
    posts_matched: int | None  # of them, to at least one creator
    rows_rejected: int | None
    error_class: ErrorClass | None  # of what went wrong last
    error: str | None  # what went wrong last, for people
    payload_uri: str | None  # of the payload's manifest
    payload_bytes: int | None  # as stored
    payload_rows: int | None
    payload_sha256: str | None
    payload_generation: int  # from 1; a new download of the same snapshot adds one
    cost_usd: Decimal | None
    created_at: datetime  # of the intent
    triggered_at: datetime | None  # the source accepted it
    ready_at: datetime | None  # the source first called it ready
    downloaded_at: datetime | None
    loaded_at: datetime | None
    matched_at: datetime | None
    processed_at: datetime | None  # last processed whole; stays when it is taken up again
    expires_at: datetime | None  # the source keeps it until then
    run_id: str | None  # the run that held it last
    leased_until: datetime | None  # held until then, unless renewed
    lease_owner: str | None
    requested_until: datetime | None  # a run that will claim it is asked for, and has until then
    estimated_usd: Decimal | None = None  # reserved with the intent, until the cost is known
    failures: dict[str, int] = field(default_factory=dict)  # attempts spent, by error class
    recovered_at: datetime | None = None  # found in the vendor's list, unknown to us until then
    rows_forgotten: int | None = None  # of people who were forgotten: left out
    payload_removed_at: datetime | None = None  # by retention; there is no payload_uri since

    @property
    def sent(self) -> list[SnapshotInput]:
        """What the source was sent."""
        return distinct(self.inputs)


SNAPSHOT_COLUMNS = [snapshots.c[column.name] for column in fields(Snapshot)]


_READ: Mapping[str, Callable[[Any], object]] = {
    "status": member_or_none(SnapshotStatus),
    "inputs": lambda given: tuple(SnapshotInput(**one) for one in given),
    "creator_urls": tuple,
    "error_class": member_or_none(ErrorClass),
}
snapshot_of = reader(Snapshot, _READ)
"""Reads a row of SNAPSHOT_COLUMNS."""


def distinct(inputs: Iterable[SnapshotInput]) -> list[SnapshotInput]:
    """Give each input once, as the source is sent them; jobs that ask for the same share one."""
    kept: dict[str, SnapshotInput] = {}
    for one in inputs:
        kept.setdefault(same_input(one), one)
    return list(kept.values())


def same_input(given: SnapshotInput) -> str:
    """Give what two inputs have in common exactly if a source is asked for the same with both."""
    return json.dumps(given.input, sort_keys=True)


def input_columns(inputs: Iterable[SnapshotInput]) -> dict[str, object]:
    """Give the columns that hold the inputs."""
    given = list(inputs)
    return {
        "inputs": [asdict(one) for one in given],
        "creator_urls": list(dict.fromkeys(one.url for one in given)),
    }
