"""What a backfill would do and cost, before it starts. Asks nobody and writes nothing; who does it stands elsewhere.

Of the five kinds only a collection costs money. The others work from what is kept here, or ask for what is paid for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.money.prices import dollars
from scrape_assets.flow.rehearse import Rehearsal, rehearse_days
from scrape_assets.flow.taking.claim import CLAIMABLE
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Kept, KeptFilter, Snapshot
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets.storage.matching.creators import changed_creators, concerned, followed_creators

# As measured, see "Mapping again" in docs/benchmarks.md; another machine takes another time, hence "about".
SECONDS_A_RUN = 0.5
SECONDS_A_SNAPSHOT = 0.08
SECONDS_A_RECORD = 0.0002
FREE = Decimal(0)
SNAPSHOTS_A_RUN = 200  # as the backfill policy of phase 2
DAYS_A_RUN = 31  # as that of collections
# Dagster's UI and sensors are quick with so many and slow with four times as many.
LIVE_PARTITIONS = 25_000
ALL_CHANGED = 1_000_000


class CannotBackfill(Exception):
    """What was named cannot be done, and why; for the person who asked."""


@dataclass(frozen=True)
class Estimate:
    """What a backfill comes to, as far as it is known before."""

    what: str  # of what, in words: "40 snapshots (linkedin 30, x 10)"
    snapshots: int
    posts: int  # records that are read, or expected
    vendor_calls: int  # and calls of other sources
    cost_usd: Decimal | None  # None: nobody has told the price
    runs: int  # at most
    seconds: float | None = None  # of work; None: a source decides
    remarks: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """One line."""
        cost = "at a price that nobody has told" if self.cost_usd is None else dollars(self.cost_usd)
        paid = "the vendor is asked nothing, nothing is paid" if not self.vendor_calls else self._asked(cost)
        took = "" if self.seconds is None else f", about {_duration(self.seconds)}"
        runs = "no run" if not self.runs else f"{self.runs} run{'s' if self.runs > 1 else ''}"
        return f"{self.what}: {self.posts:,} posts, {runs}{took}; {paid}"

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return asdict(self)

    def _asked(self, cost: str) -> str:
        calls = "1 call" if self.vendor_calls == 1 else f"{self.vendor_calls:,} calls"
        return f"{calls} at most, {'free' if self.cost_usd == FREE else f'about {cost}'}"


def of_remap(some: Sequence[Kept], runs: int) -> Estimate:
    """To read these kept payloads again through the mapping of today, and match what comes of them."""
    records = sum(one.payload_rows for one in some)
    megabytes = sum(one.payload_bytes for one in some) / 1e6
    return Estimate(
        what=f"{_counted(len(some))}{_by_platform([one.platform for one in some])}, {megabytes:,.1f} MB kept",
        snapshots=len(some),
        posts=records,
        vendor_calls=0,
        cost_usd=FREE,
        runs=runs,
        seconds=runs * SECONDS_A_RUN + len(some) * SECONDS_A_SNAPSHOT + records * SECONDS_A_RECORD,
    )


def most_runs(snapshots_to_map: int) -> int:
    """How many runs so many snapshots take at the most: the fewest, and two for keys that need not be moved."""
    return math.ceil(snapshots_to_map / SNAPSHOTS_A_RUN) + 2 if snapshots_to_map > 1 else snapshots_to_map


def kept_for(conn: Connection, which: KeptFilter) -> list[Kept]:
    """The snapshots that a re-map would read.

    Raises:
        CannotBackfill: one that is named is not kept, or cannot be read now.
    """
    some = snapshots.kept(conn, which)
    for missing in sorted(set(which.snapshot_ids or ()) - {one.snapshot_id for one in some}):
        found = snapshots.get(conn, missing)
        if found is None:
            raise CannotBackfill(f"there is no snapshot {missing}; scrape-assets snapshots lists them")
        if found.payload_removed_at is not None and found.payload_uri is None:
            raise CannotBackfill(
                f"the payload of {missing} was removed on {found.payload_removed_at:%Y-%m-%d}, as "
                "SCRAPE_ASSETS_KEEP_DAYS says; its posts and matches stay"
            )
        if found.payload_uri is None:
            raise CannotBackfill(f"{missing} is {found.status} and has no payload yet: there is nothing to map again")
        raise CannotBackfill(f"{missing} is {found.status}: it is mapped by itself when its turn comes")
    return some


def of_redownload(ctx: FlowContext, conn: Connection, snapshot_id: str) -> tuple[Snapshot, Estimate]:
    """To ask the vendor once more for what was paid for.

    Raises:
        CannotBackfill: there is nothing to ask for, or nobody to ask.
    """
    found = snapshots.get(conn, snapshot_id)
    if found is None:
        raise CannotBackfill(f"there is no snapshot {snapshot_id}; scrape-assets snapshots lists them")
    if found.source != BRIGHTDATA:
        raise CannotBackfill(
            f"{found.source} gave {snapshot_id} while it was collected, and keeps nothing to download again: "
            f"scrape-assets remap --snapshot {snapshot_id} reads the kept payload, collect --force asks anew"
        )
    if not found.vendor_snapshot_id:
        raise CannotBackfill(f"{snapshot_id} was never accepted by the vendor: there is nothing to download")
    if found.status not in CLAIMABLE:
        raise CannotBackfill(f"{snapshot_id} is {found.status}: it is downloaded by itself when it is ready")
    records = (found.vendor_records or found.payload_rows or 0) + (found.vendor_errors or 0)
    in_parts = records > ctx.settings.rows_per_part
    calls = 1 + math.ceil(records / ctx.settings.rows_per_part) if in_parts else 1
    remarks = ["the payload that is kept stays beside the new one"]
    if found.expires_at and found.expires_at < ctx.now():
        remarks.append(f"the vendor has kept it until {found.expires_at:%Y-%m-%d} for sure; it may be gone")
    return found, Estimate(
        what=f"1 snapshot of {found.platform} of {found.collection_date}",
        snapshots=1,
        posts=records,
        vendor_calls=calls,
        cost_usd=FREE,
        runs=1,
        remarks=tuple(remarks),
    )


def of_collection(
    ctx: FlowContext,
    platform: str,
    days: Sequence[date],
    *,
    creators: Sequence[str] | None = None,
    events: Sequence[str] | None = None,
    force: bool = False,
) -> tuple[list[Rehearsal], Estimate]:
    """To collect days of a platform: the only kind that is paid for.

    Raises:
        SettingsError, UnknownTarget, NoSource, UnknownPlatform: as the collection would.
    """
    played = rehearse_days(ctx, platform, days, creators=creators, events=events, force=force)
    batches = [batch for one in played for batch in one.batches]
    unknown = any(batch.cost is None for batch in batches)
    inputs = sum(one.inputs for one in played)
    spared = sum(len(one.spared) for one in played)
    held = sum(len(stopped.job_ids) for one in played for stopped in one.held_back)
    remarks = [f"{spared} jobs need no asking: the same was, or is being, collected"] if spared else []
    remarks += [f"{held} jobs wait for a budget"] if held else []
    return played, Estimate(
        what=f"{platform}, {len(days)} day{'' if len(days) == 1 else 's'}, {inputs} input{'' if inputs == 1 else 's'}",
        snapshots=len(batches),
        posts=math.ceil(sum((batch.records for batch in batches), start=Decimal(0))),
        vendor_calls=len(batches),
        cost_usd=None if unknown else sum((batch.cost or FREE for batch in batches), start=FREE),
        runs=math.ceil(len(days) / DAYS_A_RUN) + (1 if batches else 0),
        remarks=tuple(remarks + sorted({remark for one in played for remark in one.remarks})),
    )


def of_rematch(conn: Connection, creators: Sequence[str] | None, platform: str | None) -> Estimate:
    """To match creators again over all history: those named, else everybody on the platform, else who has changed."""
    whom = list(creators or ())
    if not whom:
        whom = followed_creators(conn, platform) if platform else changed_creators(conn, ALL_CHANGED)
    plan = concerned(conn, whom, platform)
    where = f" on {platform}" if platform else ""
    return Estimate(
        what=f"{len(whom):,} creator{'' if len(whom) == 1 else 's'}{where}, {plan.matches:,} matches now",
        snapshots=plan.snapshots,
        posts=plan.mentions + plan.matches,
        vendor_calls=0,
        cost_usd=FREE,
        runs=0,
        remarks=("the sensor changed_creators does it by itself for whoever was added or corrected",),
    )


def of_retirement(conn: Connection, registered: Sequence[str], before: date | None, keep: int) -> list[str]:
    """Which partitions to retire: finished ones, of days before `before`, else the oldest of those beyond `keep`."""
    if before is not None:
        return snapshots.finished_before(conn, registered, before)
    beyond = len(registered) - keep
    return snapshots.finished_before(conn, registered, None)[:beyond] if beyond > 0 else []


def retirement_in_words(retiring: int, registered: int) -> str:
    """One line."""
    return (
        f"{retiring:,} of {registered:,} snapshot partitions leave the UI's lists; their rows, payloads, posts and "
        "history stay. No run, the vendor is asked nothing, nothing is paid"
    )


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _counted(number: int) -> str:
    return f"{number:,} snapshot{'' if number == 1 else 's'}"


def _by_platform(platforms: Sequence[str]) -> str:
    counts = Counter(platforms)
    return f" ({', '.join(f'{name} {count:,}' for name, count in sorted(counts.items()))})" if counts else ""


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{max(seconds, 1):.0f} s"
