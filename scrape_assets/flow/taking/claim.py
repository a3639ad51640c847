"""Which of the snapshots a run names it may process, and why not the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.taking.outcome import Stage
from scrape_assets.flow.taking.poll import check
from scrape_assets.flow.taking.stages import known_empty
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.errors import SourceError

READY = frozenset({SnapshotStatus.READY})
AT_THE_VENDOR = frozenset({SnapshotStatus.PENDING, SnapshotStatus.RUNNING})
UNSETTLED = frozenset({SnapshotStatus.TRIGGERING, SnapshotStatus.UNKNOWN})
# What a person may materialize again at any time.
CLAIMABLE = READY | {
    SnapshotStatus.PROCESSED,
    SnapshotStatus.FAILED,
    SnapshotStatus.DEAD,
    SnapshotStatus.EXPIRED,
}


@dataclass(frozen=True)
class Refusal:
    """A partition that the run cannot process, and why."""

    partition_key: str
    reason: str


def claim_for_processing(
    ctx: FlowContext,
    keys: Sequence[str],
    stages: frozenset[Stage],
    *,
    only_ready: bool,
    retried: bool = False,
) -> tuple[list[Snapshot], list[Refusal]]:
    """Claim the snapshots behind partition keys.

    Args:
        ctx: what the flow works with.
        keys: partition keys, as the run names them.
        stages: what is going to be done.
        only_ready: the sensor asks; take what is ready and leave the rest alone. Otherwise a person asks: whatever
            has a payload is taken again, and what the vendor still works on is asked about first.
        retried: this is a further attempt of the same step: leave what the first one has finished.

    Returns:
        The claimed snapshots, in the order of the keys, and a refusal for each other key.
    """
    reclaim_expired(ctx)
    with ctx.engine.connect() as conn:
        known = snapshots.by_partition_keys(conn, keys)
    if not only_ready:
        for snapshot in known.values():
            if snapshot.status in AT_THE_VENDOR and Stage.DOWNLOAD in stages:
                _ask_now(ctx, snapshot)
    finished = {
        key
        for key, snapshot in known.items()
        if retried and snapshot.run_id == ctx.run_id and snapshot.status is SnapshotStatus.PROCESSED
    }
    idle = {key: why for key, snapshot in known.items() if (why := _why_not(ctx, snapshot, stages))}
    wanted = [known[key].snapshot_id for key in keys if key in known and key not in finished and key not in idle]
    with ctx.engine.begin() as conn:
        claimed = snapshots.claim_processing(
            conn,
            wanted,
            owner=ctx.owner,
            lease=ctx.settings.lease,
            now=ctx.now(),
            run_id=ctx.run_id,
            from_states=READY if only_ready else CLAIMABLE,
        )
        now_known = snapshots.by_partition_keys(conn, keys)
    taken = {snapshot.partition_key for snapshot in claimed}
    refused = [
        Refusal(key, idle.get(key) or _reason(now_known.get(key), only_ready))
        for key in keys
        if key not in taken and key not in finished
    ]
    order = {key: position for position, key in enumerate(keys)}
    return sorted(claimed, key=lambda snapshot: order[snapshot.partition_key]), refused


def _why_not(ctx: FlowContext, snapshot: Snapshot, stages: frozenset[Stage]) -> str | None:
    return payload_removed(snapshot, stages, ctx.now()) or nothing_to_work_on(snapshot, stages)


def payload_removed(snapshot: Snapshot, stages: frozenset[Stage], now: datetime) -> str | None:
    """Why a snapshot whose payload retention has removed cannot be mapped again; None when it can, or need not be.

    As long as the vendor has it, it is downloaded again, at no cost.
    """
    if snapshot.payload_removed_at is None or snapshot.payload_uri or not stages & {Stage.DOWNLOAD, Stage.LOAD}:
        return None
    at_vendor = bool(snapshot.vendor_snapshot_id and (snapshot.expires_at is None or snapshot.expires_at > now))
    if at_vendor and Stage.DOWNLOAD in stages:
        return None
    mend = (
        "materialize snapshots first, which downloads it again"
        if at_vendor
        else "only creator_content can be made anew"
    )
    return (
        f"it cannot be mapped again: its payload was removed on {snapshot.payload_removed_at:%Y-%m-%d}, as "
        f"SCRAPE_ASSETS_KEEP_DAYS says; its posts and matches stay, and {mend}"
    )


def nothing_to_work_on(snapshot: Snapshot, stages: frozenset[Stage]) -> str | None:
    """Why these stages cannot begin with what there is of a snapshot; None when they can."""
    if known_empty(snapshot) or snapshot.status in AT_THE_VENDOR | UNSETTLED:
        return None
    if Stage.DOWNLOAD in stages:
        if not snapshot.payload_uri and not snapshot.vendor_snapshot_id:
            why = f"{snapshot.error}; scrape-assets why {snapshot.snapshot_id}"
            return f"it was never accepted by the vendor: there is nothing to download ({why})"
    elif Stage.LOAD in stages:
        if not snapshot.payload_uri:
            return "it has no payload yet: materialize snapshots first"
    elif not snapshot.loaded_at:
        return "it has no loaded posts yet: materialize raw_posts first"
    return None


def _ask_now(ctx: FlowContext, snapshot: Snapshot) -> None:
    try:
        check(ctx, snapshot)
    except SourceError:
        return  # the refusal below tells the state; the poll has written the error down


def _reason(snapshot: Snapshot | None, only_ready: bool) -> str:
    if snapshot is None:
        return "the ledger knows no such snapshot; the partition key was added by hand, delete it in the UI"
    last_word = f" (last word: {snapshot.vendor_status})" if snapshot.vendor_status else ""
    match snapshot.status:
        case SnapshotStatus.PENDING | SnapshotStatus.RUNNING:
            return f"the vendor still works on it{last_word}; the sensor pending_snapshots takes it when it is ready"
        case SnapshotStatus.PROCESSING:
            until = f"{snapshot.leased_until:%H:%M:%S} UTC ({snapshot.lease_owner})"
            return f"another run holds it until {until}; materialize it after that"
        case SnapshotStatus.TRIGGERING | SnapshotStatus.UNKNOWN:
            return "it is not known yet whether the vendor accepted it; it is settled against the vendor's list first"
        case SnapshotStatus.CANCELED:
            return "it was canceled; a collection with force asks (and pays) again"
        case SnapshotStatus.PROCESSED if not only_ready:
            return "somebody has it in hand at this moment (its payload moves to the archive); materialize it again"
        case _:
            return f"it is {snapshot.status}: {snapshot.error or 'nothing to do'}"
