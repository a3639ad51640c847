"""A body that HTTP calls whole and that is not: how that shows, and when what came must do. Nobody is asked here.

Such a snapshot is downloaded once more, which is free, before what there is of it is believed. That it was lies in the
ledger and the archive, so that a process that was killed in between neither forgets it nor does it twice.
"""

from __future__ import annotations

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.closing import past_deadline
from scrape_assets.ledger.errors import OURS, RETRYABLE
from scrape_assets.ledger.retries import is_last
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.posts.model import Rejected, RejectReason
from scrape_assets.sources.errors import NotReady, SourceError, UnknownSnapshot
from scrape_assets.sources.registry import mapping_of
from scrape_assets.storage.payloads import Payload, PayloadError


def lacking(snapshot: Snapshot, payload: Payload) -> str | None:
    """What shows that the end of a payload is missing, for people; None when nothing does.

    The vendor's count leaves error rows out, so that fewer rows than that are too few in any case.
    """
    if _torn_rows(snapshot, payload):
        return "ends in the middle of a record"
    announced = snapshot.vendor_records
    if announced is not None and payload.rows < announced:
        return f"has {payload.rows:,} rows of {announced:,} records"
    return None


def was_accepted(snapshot: Snapshot) -> bool:
    """Whether the kept payload was processed whole before: it is then read again as it is, and nobody is asked."""
    done, came = snapshot.processed_at, snapshot.downloaded_at
    return done is not None and came is not None and done >= came


def came_twice(ctx: FlowContext, snapshot: Snapshot, payload: Payload) -> bool:
    """Whether this torn payload is the better of two downloads already, or the second of them."""
    generation = payload.manifest.generation
    if generation < snapshot.payload_generation:
        return True
    if generation == 1:
        return False
    before = ctx.archive.writer(
        snapshot.platform, snapshot.collection_date, snapshot.snapshot_id, generation - 1, beside=payload.uri
    )
    try:
        return before.committed and lacking(snapshot, ctx.archive.open(before.uri)) is not None
    except PayloadError:
        return False


def must_do(ctx: FlowContext, snapshot: Snapshot, error: SourceError) -> bool:
    """Whether what came first must do: the vendor does not give it again, or this attempt to get it was the last."""
    if not snapshot.vendor_snapshot_id:
        return True
    if isinstance(error, NotReady):
        return past_deadline(ctx, snapshot)
    if error.error_class in OURS:
        return False
    if error.error_class in RETRYABLE or isinstance(error, UnknownSnapshot):
        spent = snapshot.failures.get(error.error_class, 0)
        return is_last(error.error_class, spent, snapshot.attempts, snapshot.max_attempts, patient=True)
    return True


def better(snapshot: Snapshot, first: Payload, second: Payload) -> Payload:
    """Of two downloads the one to load: that with more whole rows, and of equals the second."""
    whole = [payload.rows - _torn_rows(snapshot, payload) for payload in (first, second)]
    return first if whole[0] > whole[1] else second


def remark_on(lack: str, why: str) -> str:
    """What whoever asked for the posts reads in the end."""
    return f"what the vendor delivered {lack}, {why}: what is whole is loaded, and posts may be missing"


def _torn_rows(snapshot: Snapshot, payload: Payload) -> int:
    """Rows at the end of parts that the loader will set aside as torn."""
    mapping = mapping_of(snapshot.source, snapshot.platform, snapshot.dataset_id)
    mapped = [mapping.map_line(line, True) for line in payload.unended_lines()]
    return sum(isinstance(one, Rejected) and one.reason is RejectReason.TRUNCATED for one in mapped)
