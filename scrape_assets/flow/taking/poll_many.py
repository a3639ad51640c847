"""Asking about many snapshots with few calls: the vendor's list of a dataset tells which are ready or still worked on.

Nothing else follows from the list. Its order and completeness are not known, so what is not on it, and what stands
there as failed, canceled or empty, is asked about one by one in poll.py, where the details are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Due, FoundReady, StillWorking
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.brightdata.client import LIST_PAGE_MOST
from scrape_assets.sources.brightdata.model import ListedSnapshot, VendorState
from scrape_assets.sources.brightdata.readings import STATES
from scrape_assets.sources.errors import Shut, SourceError
from scrape_assets.sources.registry import BRIGHTDATA

MANY = 20
"""Due snapshots of one dataset from which on the list is asked for: a page of it costs one call, not one each."""
ITSELF_EVERY = 32
"""One look-up in so many asks about the snapshot itself: a list may lag behind, and nobody would notice."""
AT_MOST = 20_000  # the vendor works on 5,000 jobs at a time
WORDS = ("running", "starting", "ready")
"""The words of the list that are asked for; others between accepted and ready last for seconds. Ready comes last: that
list also holds all that were taken before."""
AT_ONCE = 1_000  # rows in one statement


@dataclass
class Told:
    """What the lists told."""

    working: int = 0  # snapshots still being worked on
    ready: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # lists that could not be read


def ask_the_lists(ctx: FlowContext, end: datetime) -> Told:
    """Note of all that are due which of them are ready or still worked on, dataset by dataset, until `end`."""
    told = Told()
    with ctx.engine.connect() as conn:
        due = snapshots.due_in_short(conn, ctx.now(), AT_MOST)
    for dataset_id, group in _by_dataset(ctx, due).items():
        try:
            for word in WORDS:
                if len(group) < MANY or ctx.stop.asked or ctx.now() >= end:
                    break
                listed = _listed(ctx, dataset_id, word, group, end)
                _write_down(ctx, listed, group, end, told)
        except Shut:
            break  # nobody was asked, and whoever asks next is told why
        except SourceError as error:
            told.errors.append(str(error))
    return told


def _by_dataset(ctx: FlowContext, due: Sequence[Due]) -> dict[str, dict[str, Due]]:
    """Those that the list can say something of, by dataset and the vendor's id.

    What is past its deadline is not among them: that it is still being worked on is no answer any more.
    """
    deadline = timedelta(hours=ctx.settings.snapshot_deadline_hours)
    groups: dict[str, dict[str, Due]] = {}
    for one in due:
        itself = ctx.now() - one.since > deadline or one.checks % ITSELF_EVERY == ITSELF_EVERY - 1
        if one.source == BRIGHTDATA and one.vendor_snapshot_id and not itself:
            groups.setdefault(one.dataset_id or "", {})[one.vendor_snapshot_id] = one
    return groups


def _listed(
    ctx: FlowContext, dataset_id: str, word: str, group: Mapping[str, Due], end: datetime
) -> dict[str, ListedSnapshot]:
    """Read the list of those in one state, and keep what it tells of the group."""
    since = min(one.since for one in group.values()).date()
    listed: dict[str, ListedSnapshot] = {}
    for entry in ctx.vendor.list_snapshots(dataset_id, since, ctx.now().date(), word, page=LIST_PAGE_MOST):
        # The entry's own word counts, not the one that was asked for: nobody knows whether the vendor heeds that.
        if entry.id in group and (_still(entry) or _has_records(entry)):
            listed[entry.id] = entry
        if len(listed) == len(group) or ctx.now() >= end:
            break
    return listed


def _write_down(
    ctx: FlowContext, listed: Mapping[str, ListedSnapshot], group: dict[str, Due], end: datetime, told: Told
) -> None:
    """Note what was told, of the longest due first, and take it out of the group. What there is no time for stays."""
    found = [vendor_id for vendor_id in group if vendor_id in listed]
    for start in range(0, len(found), AT_ONCE):
        if start and ctx.now() >= end:
            return
        some = [(group.pop(vendor_id), listed[vendor_id]) for vendor_id in found[start : start + AT_ONCE]]
        working = [_working(ctx, one, entry, status) for one, entry in some if (status := _still(entry))]
        ready = [_ready(one, entry) for one, entry in some if _has_records(entry)]
        with ctx.engine.begin() as conn:
            snapshots.still_working(conn, working)
            told.ready += snapshots.found_ready(conn, ready, ctx.now())
        told.working += len(working)


def _working(ctx: FlowContext, one: Due, entry: ListedSnapshot, status: SnapshotStatus) -> StillWorking:
    return StillWorking(one.snapshot_id, status, str(entry.status), ctx.next_check(one.checks))


def _ready(one: Due, entry: ListedSnapshot) -> FoundReady:
    return FoundReady(one.snapshot_id, str(entry.status), entry.dataset_size or 0)


def _still(entry: ListedSnapshot) -> SnapshotStatus | None:
    """The state of an entry that the vendor still works on; None for those that have ended or have no word."""
    if not entry.status or entry.status.lower() in STATES:
        return None
    return SnapshotStatus.PENDING if entry.status == "starting" else SnapshotStatus.RUNNING


def _has_records(entry: ListedSnapshot) -> bool:
    """Whether there is something to download; why there is nothing, only the snapshot itself says."""
    return STATES.get((entry.status or "").lower()) is VendorState.READY and bool(entry.dataset_size)
