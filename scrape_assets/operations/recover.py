"""Recovery: the vendor's own lists beside the ledger, and what is found in them taken on. Nothing is triggered or paid.

How an entry is taken on lies in `flow.found`, how a lost answer is settled in `flow.settle`. What is found here is
pending afterwards: whoever polls and processes takes it from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.found import Found, Waiting, describe, followed_keys, take_on, take_up
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.mending.settle import SettleReport, settle_against
from scrape_assets.flow.mending.told import ENDED, NOT_KEPT, Inputs, Told, state_of
from scrape_assets.flow.mending.vendor_list import CLOCK_SKEW, VendorList, is_of_the_time
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.sources.brightdata.model import ListedSnapshot, VendorState
from scrape_assets.sources.errors import KeyRefused, NotConfigured, SourceError
from scrape_assets.sources.mapping import Dataset
from scrape_assets.sources.registry import BRIGHTDATA, DATASETS

# What was taken up and given up again gets its next chance with the next day's recovery, as long as the vendor has it.
NEXT_CHANCE = timedelta(hours=20)


@dataclass(frozen=True)
class LeftAlone:
    """An entry of the vendor's list that we do not know and that was not taken on, and why."""

    vendor_snapshot_id: str
    platform: str
    dataset_id: str
    vendor_status: str | None
    why: str


@dataclass
class RecoverReport:
    """What one recovery looked at and found."""

    since: datetime
    dry_run: bool
    datasets: int = 0  # whose lists were read
    listed: int = 0
    known: int = 0
    found: list[Found] = field(default_factory=list)
    settled: SettleReport = field(default_factory=SettleReport)
    revived: list[str] = field(default_factory=list)  # ids of ours: given up here, and the vendor has it
    ended: list[LeftAlone] = field(default_factory=list)  # failed or canceled at the vendor: nothing to fetch
    undecided: list[LeftAlone] = field(default_factory=list)  # whose they are cannot be told (now)
    others: list[LeftAlone] = field(default_factory=list)  # they name nobody we follow, and are not wanted
    errors: list[str] = field(default_factory=list)  # lists and inputs that could not be read

    @property
    def others_taken(self) -> list[Found]:
        """Those found that name nobody we follow."""
        return [one for one in self.found if not one.followed]

    @property
    def to_process(self) -> list[str]:
        """Our ids of all that goes on because of this recovery."""
        found = [one.snapshot_id for one in self.found if one.snapshot_id]
        return [*found, *self.settled.found, *self.revived]

    def in_words(self) -> str:
        """The whole in a few sentences."""
        asked = "Would take on" if self.dry_run else "Found"
        counts = {
            "new": len(self.found),
            "taken up again": len(self.revived),
            "whose lost answer is settled": len(self.settled.found),
        }
        words = [
            f"{self.listed} snapshots in the lists of {self.datasets} datasets since {self.since:%Y-%m-%d},"
            f" {self.known} of them known.",
            f"{asked} {', '.join(f'{number} {what}' for what, number in counts.items())}.",
        ]
        if self.others_taken:
            words.append(f"{len(self.others_taken)} of the new ones name nobody we follow.")
        left = {
            "failed or canceled at the vendor": len(self.ended),
            "not decided yet whose they are": len(self.undecided),
            "somebody else's": len(self.others),
        }
        if any(left.values()):
            words.append(f"Left alone: {', '.join(f'{number} {why}' for why, number in left.items() if number)}.")
        return " ".join(words)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON knows it; times in ISO."""
        values = {**asdict(self), "since": self.since.isoformat(), "others_taken": len(self.others_taken)}
        values["found"] = [
            {**asdict(one), "created_at": one.created_at and one.created_at.isoformat()} for one in self.found
        ]
        return {**values, "to_process": self.to_process}


def recover(
    ctx: FlowContext, *, days: int | None = None, platform: str | None = None, dry_run: bool = False
) -> RecoverReport:
    """Walk the vendor's list of each dataset and take on what the ledger does not know, or gave up too early.

    Triggers whose answer was lost are settled first, so that none of theirs is taken for somebody else's. A dataset
    whose list cannot be read is reported and does not stop the others. To do it again finds nothing new; two at once
    are safe.

    Args:
        ctx: what the flow works with.
        days: how far back; None: as long as the vendor keeps what it has (`BRIGHTDATA_RETENTION_DAYS`).
        platform: only this one's datasets.
        dry_run: look only, write nothing.

    Raises:
        NotConfigured: there is no key for the vendor.
        UnknownPlatform: the name is no platform.
    """
    if not ctx.vendor.is_configured:
        raise NotConfigured("there is no key for Bright Data, so its lists cannot be read; set BRIGHTDATA_API_KEY")
    since = ctx.now() - timedelta(days=ctx.settings.retention_days if days is None else days)
    report = RecoverReport(since, dry_run)
    if not dry_run:
        reclaim_expired(ctx)
    for dataset in ctx.stop.between(list(_datasets(platform))):
        try:
            _Walk(ctx, dataset, report).walk()
        except KeyRefused as error:
            report.errors.append(str(error))
            break  # it would be refused for every dataset
        except SourceError as error:
            report.errors.append(f"{dataset.platform} {dataset.name}: the vendor's list could not be read: {error}")
    return report


def came_of(ctx: FlowContext, report: RecoverReport) -> list[Snapshot]:
    """How the snapshots of a recovery stand now, in the order of the report."""
    with ctx.engine.connect() as conn:
        return list(snapshots.by_partition_keys(conn, report.to_process).values())  # an id is its partition key


def _datasets(platform: str | None) -> Iterator[Dataset]:
    wanted = parse_platform(platform) if platform is not None else None
    for name, datasets in DATASETS.items():
        if wanted in (None, name):
            yield from datasets


class _Walk:
    """One dataset's list, entry by entry."""

    def __init__(self, ctx: FlowContext, dataset: Dataset, report: RecoverReport) -> None:
        self._ctx = ctx
        self._dataset = dataset
        self._report = report

    def walk(self) -> None:
        # Read before the list: what is triggered after it was read does not stand on it, and is not judged by it.
        unknown = [] if self._report.dry_run else self._unknown()
        # Nor is what is older than the days asked for: to be missing there would look like never accepted.
        since = min([self._report.since, *(snapshot.created_at - CLOCK_SKEW for snapshot in unknown)])
        listed = VendorList(self._ctx, self._dataset.dataset_id, since)
        self._report.datasets += 1
        self._report.listed += len(listed.entries)
        self._report.known += len(listed.known)
        settle_against(self._ctx, unknown, listed, self._report.settled)
        self._take_up(listed)
        if listed.unclaimed:
            self._look_at(listed)

    def _unknown(self) -> list[Snapshot]:
        with self._ctx.engine.connect() as conn:
            open_ones = snapshots.unsettled(conn, self._dataset.dataset_id)
        return [snapshot for snapshot in open_ones if snapshot.status is SnapshotStatus.UNKNOWN]

    def _take_up(self, listed: VendorList) -> None:
        """What we gave up and the vendor calls ready."""
        ready = [one.id for one in listed.entries if one.id in listed.known and state_of(one) is VendorState.READY]
        now = self._ctx.now()
        with self._ctx.engine.connect() as conn:
            given_up = snapshots.given_up_unread(conn, BRIGHTDATA, ready, now=now, not_since=now - NEXT_CHANCE)
        for snapshot in given_up:
            if self._report.dry_run or take_up(self._ctx, snapshot) is not None:
                self._report.revived.append(snapshot.snapshot_id)

    def _look_at(self, listed: VendorList) -> None:
        """What we do not know."""
        going_on = []
        for entry in listed.unclaimed:
            if state_of(entry) in ENDED:
                self._report.ended.append(self._left(entry, f"{entry.status} at the vendor: there is nothing to fetch"))
            else:
                going_on.append(entry)
        if not going_on:
            return
        listed.ask_about(going_on)
        since = self._report.since
        with self._ctx.engine.connect() as conn:
            open_ones = snapshots.unsettled(conn, self._dataset.dataset_id)
            never_answered = snapshots.never_answered(conn, self._dataset.dataset_id, since)
        followed = followed_keys(self._ctx, str(self._dataset.platform))
        waiting = Waiting(self._ctx, self._dataset)
        not_asked = [entry for entry in going_on if not listed.was_asked_about(entry)]
        for entry in self._ctx.stop.between([entry for entry in going_on if listed.was_asked_about(entry)]):
            told = listed.told_of(entry)
            if isinstance(told, SourceError) and told.error_class not in NOT_KEPT:
                self._report.errors.append(f"{self._dataset.platform} {entry.id}: its inputs could not be read: {told}")
                self._report.undecided.append(self._left(entry, f"its inputs could not be read: {told}"))
                continue
            if why := self._may_be_of(entry, told, open_ones):
                self._report.undecided.append(self._left(entry, why))
            elif lost := _same(entry, told, never_answered):
                never_answered.remove(lost)
                if self._report.dry_run or take_up(self._ctx, lost, entry) is not None:
                    self._report.revived.append(lost.snapshot_id)
            else:
                self._take_on(entry, [] if isinstance(told, SourceError) else told.inputs, waiting, followed)
        for entry in not_asked:
            self._report.undecided.append(self._left(entry, "the vendor took no more questions; the next run asks"))

    def _may_be_of(self, entry: ListedSnapshot, told: Told | SourceError, open_ones: Sequence[Snapshot]) -> str | None:
        """Why an entry may belong to a trigger of ours that is not settled: then it is left to its settlement."""
        for snapshot in open_ones:
            if isinstance(told, SourceError):
                if is_of_the_time(entry, snapshot):
                    return f"its inputs are not told ({told}), and it may be that of {snapshot.snapshot_id}"
            elif told.is_of(snapshot):
                return f"it may be that of {snapshot.snapshot_id}, which is {snapshot.status}"
        return None

    def _take_on(self, entry: ListedSnapshot, inputs: Inputs, waiting: Waiting, followed: frozenset[str]) -> None:
        served = waiting.for_entry(entry, inputs)
        found = describe(self._dataset, entry, inputs, served, followed)
        if not found.followed and not self._ctx.settings.recover_others:
            self._report.others.append(self._left(entry, "it names nobody we follow"))
            return
        if not self._report.dry_run:
            taken = take_on(self._ctx, self._dataset, entry, inputs, served)
            if taken is None:
                self._report.known += 1
                return
            snapshot_id, tied = taken
            found = replace(found, snapshot_id=snapshot_id, jobs=tied)
        waiting.serve(served)
        self._report.found.append(found)

    def _left(self, entry: ListedSnapshot, why: str) -> LeftAlone:
        return LeftAlone(entry.id, str(self._dataset.platform), self._dataset.dataset_id, entry.status, why)


def _same(entry: ListedSnapshot, told: Told | SourceError, given_up: Sequence[Snapshot]) -> Snapshot | None:
    """The trigger that was given up without ever being answered and that an entry is of."""
    if isinstance(told, SourceError):
        return None
    return next((one for one in given_up if is_of_the_time(entry, one) and told.is_of(one)), None)
