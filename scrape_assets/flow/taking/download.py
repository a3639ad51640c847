"""Phase 2, first stage: the vendor's snapshot becomes an immutable, verified payload in the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.money.prices import cost_of
from scrape_assets.flow.taking.torn import better, came_twice, lacking, must_do, remark_on, was_accepted
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.sources.errors import SourceError, UnknownSnapshot
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets.storage.payloads import Payload
from scrape_assets.storage.payloads.manifest import PartReport

log = structlog.get_logger(__name__)


class Fetched(NamedTuple):
    """The payload of a snapshot, verified."""

    payload: Payload
    kept: bool  # it lay in the archive; the vendor was not asked
    remark: str | None = None  # for whoever asked for the posts: that some may be missing, and why


def fetch_payload(ctx: FlowContext, snapshot: Snapshot, *, again: bool = False) -> Fetched:
    """The payload of a snapshot, from the archive if it lies there, else from the vendor.

    A download that broke off goes on with the part after the last complete one. With `again` the vendor is asked even
    so, and the new payload lies beside the old. One that turns out to be torn is downloaded once more before it is
    accepted, whoever brought it; see `torn`.

    Raises:
        NotReady, Expired, EmptySnapshot, SourceError: the vendor does not deliver it.
        PayloadCorrupt: what was stored is not what came; nothing has moved on.
    """
    if snapshot.payload_uri and not again and ctx.archive.exists(snapshot.payload_uri):
        fetched = Fetched(ctx.archive.open(snapshot.payload_uri), kept=True)
        fetched.payload.verify()
        if was_accepted(snapshot):
            return fetched
    else:
        payload = _download(ctx, snapshot)
        fetched = Fetched(payload, kept=False)
        snapshot = _note(ctx, snapshot, payload, payload.manifest.generation)
    lack = lacking(snapshot, fetched.payload) if snapshot.source == BRIGHTDATA else None
    if lack is not None:
        fetched = _once_more(ctx, snapshot, fetched, lack)
    if fetched.remark:
        log.warning(fetched.remark, snapshot_id=snapshot.snapshot_id)
    return fetched


def _once_more(ctx: FlowContext, snapshot: Snapshot, first: Fetched, lack: str) -> Fetched:
    """What a torn payload comes to: a second download, or, where there was or can be none, itself."""
    if came_twice(ctx, snapshot, first.payload):
        return first._replace(remark=remark_on(lack, "also when it was downloaded once more"))
    log.warning("the payload is torn; it is downloaded once more", snapshot_id=snapshot.snapshot_id, lack=lack)
    ctx.stop.look()
    try:
        second = _download(ctx, snapshot)
    except SourceError as error:
        if not must_do(ctx, snapshot, error):
            raise
        return first._replace(remark=remark_on(lack, f"and cannot be downloaded once more ({error})"))
    best = better(snapshot, first.payload, second)
    _note(ctx, snapshot, best, second.manifest.generation)
    still = lacking(snapshot, best)
    return Fetched(best, kept=False, remark=still and remark_on(still, "also when it was downloaded once more"))


def _note(ctx: FlowContext, snapshot: Snapshot, payload: Payload, generation: int) -> Snapshot:
    """Write down which payload is the snapshot's, and how many there were; give the snapshot as it is then."""
    delivered = payload.rows if snapshot.vendor_records is None else min(payload.rows, snapshot.vendor_records)
    with ctx.engine.begin() as conn:
        snapshots.downloaded(
            conn,
            snapshot.snapshot_id,
            payload_uri=payload.uri,
            payload_bytes=payload.stored_bytes,
            payload_rows=payload.rows,
            payload_sha256=payload.sha256,
            generation=generation,
            cost_usd=cost_of(ctx.settings, snapshot.source, snapshot.platform, snapshot.dataset_id, delivered),
            now=ctx.now(),
            owner=ctx.owner,
        )
    return replace(snapshot, payload_uri=payload.uri, payload_generation=generation)


def _download(ctx: FlowContext, snapshot: Snapshot) -> Payload:
    """Store the next payload of a snapshot: the first, or one beside those that there are."""
    if snapshot.source != BRIGHTDATA:
        raise UnknownSnapshot(
            f"{snapshot.source} gave {snapshot.snapshot_id} once, while it was collected; to ask it again, collect "
            "the day again with force"
        )
    vendor_id = snapshot.vendor_snapshot_id
    if not vendor_id:
        raise UnknownSnapshot(f"{snapshot.snapshot_id} was never accepted by the vendor: there is nothing to download")
    generation = snapshot.payload_generation + 1 if snapshot.payload_uri else snapshot.payload_generation
    writer = ctx.archive.writer(
        snapshot.platform, snapshot.collection_date, snapshot.snapshot_id, generation, beside=snapshot.payload_uri
    )
    if writer.committed:
        # A process died between the archive's commit and the ledger's.
        return writer.commit()
    per_part = ctx.settings.rows_per_part
    in_parts = (snapshot.vendor_records or 0) + (snapshot.vendor_errors or 0) > per_part
    count = ctx.vendor.parts(vendor_id, per_part, snapshot_id=snapshot.snapshot_id) if in_parts else 1
    if not _cut_alike(writer.finished_parts(), count, per_part):
        # An earlier try cut it into other parts; theirs and ours do not fit together.
        writer.discard()
    complete = writer.finished_parts()
    for number in range(1, count + 1):
        if number not in complete:
            ctx.stop.look()
            with ctx.vendor.download(
                vendor_id,
                part=number if in_parts else None,
                batch_size=per_part if in_parts else None,
                snapshot_id=snapshot.snapshot_id,
            ) as chunks:
                writer.write_part(number, ctx.stop.between(chunks))
    return writer.commit(parts=count)


def _cut_alike(finished: Mapping[int, PartReport], count: int, per_part: int) -> bool:
    """Whether the parts of an earlier try are parts of this one.

    Its size may have been set otherwise then: all parts but the last must be full. An only part tells nothing of its
    cut; it is not trusted.
    """
    if count == 1 or any(number > count for number in finished):
        return not finished
    return all(report.rows == per_part for number, report in finished.items() if number < count)
