"""Phase 2, first stage: the vendor's snapshot becomes an immutable, verified payload in the archive."""

from __future__ import annotations

from collections.abc import Mapping

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.prices import cost_of
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.sources.errors import UnknownSnapshot
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets.storage.payloads import Payload
from scrape_assets.storage.payloads.manifest import PartReport


def fetch_payload(ctx: FlowContext, snapshot: Snapshot, *, again: bool = False) -> tuple[Payload, bool]:
    """The payload of a snapshot, from the archive if it lies there, else from the vendor.

    A download that broke off goes on with the part after the last complete one. With `again` the vendor is asked even
    so, and the new payload lies beside the old.

    Returns:
        The payload, verified, and whether it was kept (the vendor was not asked).

    Raises:
        NotReady, Expired, EmptySnapshot, SourceError: the vendor does not deliver it.
        PayloadCorrupt: what was stored is not what came; nothing has moved on.
    """
    if snapshot.payload_uri and not again and ctx.archive.exists(snapshot.payload_uri):
        payload = ctx.archive.open(snapshot.payload_uri)
        payload.verify()
        return payload, True
    if snapshot.source != BRIGHTDATA:
        raise UnknownSnapshot(
            f"{snapshot.source} gave {snapshot.snapshot_id} once, while it was collected; to ask it again, collect "
            "the day again with force"
        )
    if not snapshot.vendor_snapshot_id:
        raise UnknownSnapshot(f"{snapshot.snapshot_id} was never accepted by the vendor: there is nothing to download")
    generation = snapshot.payload_generation + 1 if snapshot.payload_uri else snapshot.payload_generation
    payload = _download(ctx, snapshot, snapshot.vendor_snapshot_id, generation)
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
    return payload, False


def _download(ctx: FlowContext, snapshot: Snapshot, vendor_id: str, generation: int) -> Payload:
    writer = ctx.archive.writer(snapshot.platform, snapshot.collection_date, snapshot.snapshot_id, generation)
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
