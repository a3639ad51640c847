"""The vendor's own list of what it took on for a dataset, beside what we know of it. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.told import Told, fingerprint_of, told_by_rows, told_of
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import OURS
from scrape_assets.ledger.snapshots import Snapshot, SnapshotFilter
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.brightdata.model import ListedSnapshot
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.registry import BRIGHTDATA

# The vendor's clock and ours may differ, and an accepted job may be listed with the time it was queued.
CLOCK_SKEW = timedelta(minutes=10)
# From our intent to the vendor's acceptance it takes seconds; with the clocks apart, and a vendor that queues, minutes.
SAME_TRIGGER = timedelta(hours=1)
UNDER_WAY = 200


class VendorList:
    """What the vendor lists of a dataset from a moment on, read once; what an entry was asked for when it is needed.

    Raises:
        SourceError: the list cannot be read.
    """

    def __init__(self, ctx: FlowContext, dataset_id: str, since: datetime) -> None:
        self._ctx = ctx
        self._told: dict[str, Told | SourceError] = {}
        self._read: set[str] = set()  # of which the rows were looked at as well, if need be
        until = (ctx.now() + CLOCK_SKEW).date()
        self.entries = _by_age(ctx, ctx.vendor.list_snapshots(dataset_id, since.date(), until))
        # Read after the list: whatever stands on it was accepted before, so it is known, or still being triggered.
        with ctx.engine.connect() as conn:
            under_way = snapshots.list_snapshots(conn, SnapshotFilter(status=SnapshotStatus.TRIGGERING), UNDER_WAY)
            self.known = snapshots.statuses_by_vendor_id(conn, BRIGHTDATA, [entry.id for entry in self.entries])
        self.unclaimed = [entry for entry in self.entries if entry.id not in self.known]
        self._under_way = [fingerprint_of(snapshot) for snapshot in under_way]

    def matching(self, snapshot: Snapshot, silent: list[str]) -> ListedSnapshot | None:
        """The oldest unclaimed entry with a snapshot's inputs. Those of its time that do not tell go to `silent`."""
        for entry in self.unclaimed:
            if entry.created and entry.created < snapshot.created_at - CLOCK_SKEW:
                continue
            of_the_time = is_of_the_time(entry, snapshot)
            told = self.told_of(entry, by_rows=of_the_time)
            if isinstance(told, SourceError):
                if of_the_time:
                    silent.append(entry.id)
            elif told.is_of(snapshot):
                return entry
        return None

    def is_being_asked(self, snapshot: Snapshot) -> bool:
        """Whether a process is asking for the very same inputs at this moment."""
        return fingerprint_of(snapshot) in self._under_way

    def told_of(self, entry: ListedSnapshot, *, by_rows: bool = True) -> Told | SourceError:
        """What an entry was asked for, looked up once, or why that cannot be known; see `told.told_of`."""
        told = self._told.get(entry.id)
        if told is None:
            told = told_of(self._ctx, entry, by_rows=by_rows)
        elif by_rows and isinstance(told, SourceError) and entry.id not in self._read:
            told = told_by_rows(self._ctx, entry, told)
        if by_rows:
            self._read.add(entry.id)
        self._told[entry.id] = told
        return told

    def ask_about(self, entries: Sequence[ListedSnapshot]) -> None:
        """Look up what many were asked for, several at once; stop when the vendor takes nothing more from us."""
        unread = [entry for entry in entries if entry.id not in self._told]
        at_once = self._ctx.settings.concurrency
        with ThreadPoolExecutor(at_once, thread_name_prefix="inputs") as pool:
            for start in self._ctx.stop.between(range(0, len(unread), at_once)):
                some = unread[start : start + at_once]
                answers = list(pool.map(partial(told_of, self._ctx), some))
                self._told.update(zip((entry.id for entry in some), answers, strict=True))
                self._read.update(entry.id for entry in some)
                if any(isinstance(answer, SourceError) and answer.error_class in OURS for answer in answers):
                    return

    def was_asked_about(self, entry: ListedSnapshot) -> bool:
        """Whether it has been looked up what an entry was asked for."""
        return entry.id in self._told


def is_of_the_time(entry: ListedSnapshot, snapshot: Snapshot) -> bool:
    """Whether an entry is of the right time to be a trigger of ours whose answer never came."""
    return entry.created is None or abs(entry.created - snapshot.created_at) <= SAME_TRIGGER


def _by_age(ctx: FlowContext, listed: Iterable[ListedSnapshot]) -> list[ListedSnapshot]:
    return sorted(listed, key=lambda entry: (entry.created or ctx.now(), entry.id))
