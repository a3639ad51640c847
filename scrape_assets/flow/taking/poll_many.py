"""Asking about many snapshots with few calls: the vendor's list of a dataset tells which it still works on.

Nothing else follows from the list. Its order and completeness are not known, so what is not on it, and what stands
there with a word that ends something, is asked about one by one in poll.py, where the details are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Due, StillWorking
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.brightdata.client import LIST_PAGE_MOST
from scrape_assets.sources.brightdata.model import ListedSnapshot
from scrape_assets.sources.brightdata.readings import STATES
from scrape_assets.sources.errors import Shut, SourceError
from scrape_assets.sources.registry import BRIGHTDATA

MANY = 20
"""Due snapshots of one dataset from which on the list is asked for: a page of it costs one call, not one each."""
ITSELF_EVERY = 32
"""One look-up in so many asks about the snapshot itself: a list may lag behind, and nobody would notice."""
AT_MOST = 20_000  # the vendor works on 5,000 jobs at a time
WORKING = ("running", "starting")
"""The words of the list that are asked for; others between accepted and ready last for seconds."""
AT_ONCE = 1_000  # rows in one statement


@dataclass
class Told:
    """What the lists told."""

    working: int = 0  # snapshots still being worked on
    errors: list[str] = field(default_factory=list)  # lists that could not be read


def ask_the_lists(ctx: FlowContext, end: datetime) -> Told:
    """Note of all that are due which of them the vendor still works on, dataset by dataset, until `end`."""
    told = Told()
    with ctx.engine.connect() as conn:
        due = snapshots.due_in_short(conn, ctx.now(), AT_MOST)
    for dataset_id, group in _by_dataset(ctx, due).items():
        try:
            for word in WORKING:
                if len(group) < MANY or ctx.stop.asked or ctx.now() >= end:
                    break
                told.working += _ask(ctx, dataset_id, word, group, end)
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


def _ask(ctx: FlowContext, dataset_id: str, word: str, group: dict[str, Due], end: datetime) -> int:
    """Read the list of those in one state; take out of the group those still worked on, and say how many they are."""
    since = min(one.since for one in group.values()).date()
    listed: dict[str, ListedSnapshot] = {}
    for entry in ctx.vendor.list_snapshots(dataset_id, since, ctx.now().date(), word, page=LIST_PAGE_MOST):
        if entry.id in group and _still(entry):
            listed[entry.id] = entry
        if len(listed) == len(group) or ctx.now() >= end:
            break
    return _write_down(ctx, listed, group, end)


def _write_down(ctx: FlowContext, listed: dict[str, ListedSnapshot], group: dict[str, Due], end: datetime) -> int:
    """Note those still worked on, the longest due first. What there is no time for stays due, and is asked again."""
    told = [vendor_id for vendor_id in group if vendor_id in listed]
    noted = 0
    for start in range(0, len(told), AT_ONCE):
        if start and ctx.now() >= end:
            break
        some = [_answer(ctx, group.pop(vendor_id), listed[vendor_id]) for vendor_id in told[start : start + AT_ONCE]]
        with ctx.engine.begin() as conn:
            snapshots.still_working(conn, some)
        noted += len(some)
    return noted


def _answer(ctx: FlowContext, one: Due, entry: ListedSnapshot) -> StillWorking:
    status = _still(entry) or SnapshotStatus.RUNNING
    return StillWorking(one.snapshot_id, status, str(entry.status), ctx.next_check(one.checks))


def _still(entry: ListedSnapshot) -> SnapshotStatus | None:
    """The state of an entry that the vendor still works on; None for those that have ended, or that it has no word for.

    The entry's own word counts, not the one that was asked for: nobody knows whether the vendor heeds that.
    """
    if not entry.status or entry.status.lower() in STATES:
        return None
    return SnapshotStatus.PENDING if entry.status == "starting" else SnapshotStatus.RUNNING
