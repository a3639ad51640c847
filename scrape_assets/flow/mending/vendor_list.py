"""The vendor's own list of what it took on for a dataset, beside what we know of it. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import OURS
from scrape_assets.ledger.snapshots import Snapshot, SnapshotFilter
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.brightdata.model import ListedSnapshot
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.registry import BRIGHTDATA

# The vendor's clock and ours may differ, and an accepted job may be listed with the time it was queued.
CLOCK_SKEW = timedelta(minutes=10)
UNDER_WAY = 200

Inputs = list[dict[str, str]]


class VendorList:
    """What the vendor lists of a dataset from a moment on, read once; the inputs of an entry when they are needed.

    Raises:
        SourceError: the list cannot be read.
    """

    def __init__(self, ctx: FlowContext, dataset_id: str, since: datetime) -> None:
        self._ctx = ctx
        self._inputs: dict[str, Inputs | SourceError] = {}
        until = (ctx.now() + CLOCK_SKEW).date()
        self.entries = _by_age(ctx, ctx.vendor.list_snapshots(dataset_id, since.date(), until))
        # Read after the list: whatever stands on it was accepted before, so it is known, or still being triggered.
        with ctx.engine.connect() as conn:
            under_way = snapshots.list_snapshots(conn, SnapshotFilter(status=SnapshotStatus.TRIGGERING), UNDER_WAY)
            self.known = snapshots.statuses_by_vendor_id(conn, BRIGHTDATA, [entry.id for entry in self.entries])
        self.unclaimed = [entry for entry in self.entries if entry.id not in self.known]
        self._under_way = [fingerprint_of(snapshot) for snapshot in under_way]

    def matching(self, snapshot: Snapshot, silent: list[str]) -> ListedSnapshot | None:
        """The oldest unclaimed entry with a snapshot's inputs. Those whose inputs are not told go to `silent`."""
        ours = fingerprint_of(snapshot)
        for entry in self.unclaimed:
            if entry.created and entry.created < snapshot.created_at - CLOCK_SKEW:
                continue
            theirs = self.inputs_of(entry)
            if isinstance(theirs, SourceError):
                silent.append(entry.id)
            elif fingerprint(theirs) == ours:
                return entry
        return None

    def is_being_asked(self, snapshot: Snapshot) -> bool:
        """Whether a process is asking for the very same inputs at this moment."""
        return fingerprint_of(snapshot) in self._under_way

    def inputs_of(self, entry: ListedSnapshot) -> Inputs | SourceError:
        """An entry's inputs, asked for once, or why the vendor would not say."""
        if entry.id not in self._inputs:
            self._inputs[entry.id] = self._ask(entry)
        return self._inputs[entry.id]

    def ask_inputs(self, entries: Sequence[ListedSnapshot]) -> None:
        """Ask for the inputs of many, several at once; stop when the vendor takes nothing more from us."""
        unread = [entry for entry in entries if entry.id not in self._inputs]
        at_once = self._ctx.settings.concurrency
        with ThreadPoolExecutor(at_once, thread_name_prefix="inputs") as pool:
            for start in self._ctx.stop.between(range(0, len(unread), at_once)):
                some = unread[start : start + at_once]
                answers = list(pool.map(self._ask, some))
                self._inputs.update(zip((entry.id for entry in some), answers, strict=True))
                if any(isinstance(answer, SourceError) and answer.error_class in OURS for answer in answers):
                    return

    def was_asked(self, entry: ListedSnapshot) -> bool:
        """Whether the inputs of an entry have been asked for."""
        return entry.id in self._inputs

    def _ask(self, entry: ListedSnapshot) -> Inputs | SourceError:
        try:
            return self._ctx.vendor.inputs(entry.id)
        except SourceError as error:
            return error


def fingerprint(inputs: Iterable[Mapping[str, object]]) -> list[str]:
    """What two lists of inputs have in common when they ask for the same: order, empties and number types aside."""
    return sorted(map(print_of, inputs))


def print_of(given: Mapping[str, object]) -> str:
    """The same of one input."""
    return json.dumps({k: str(v) for k, v in given.items() if v not in (None, "")}, sort_keys=True)


def fingerprint_of(snapshot: Snapshot) -> list[str]:
    """The same of a snapshot of ours."""
    return fingerprint(item.input for item in snapshot.sent)


def _by_age(ctx: FlowContext, listed: Iterable[ListedSnapshot]) -> list[ListedSnapshot]:
    return sorted(listed, key=lambda entry: (entry.created or ctx.now(), entry.id))
