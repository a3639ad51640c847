"""Snapshots: what a source said it will give us, or gave us.

Every function takes a SQLAlchemy Connection and works in its caller's transaction, which commits.
"""

from scrape_assets.ledger.snapshots.asking import (
    accepted,
    answer_lost,
    gathered,
    not_answered,
    observed,
    record_intent,
    refused,
    reopen,
    replace_inputs,
)
from scrape_assets.ledger.snapshots.processing import (
    claim_processing,
    downloaded,
    fail_processing,
    finish_processing,
    loaded,
    matched,
    put_back,
    settle_processing,
)
from scrape_assets.ledger.snapshots.queue import (
    SnapshotFilter,
    by_partition_keys,
    clear_requested,
    counts_by_status,
    due_for_check,
    get,
    known_vendor_ids,
    list_snapshots,
    mark_requested,
    open_counts,
    ready_due,
    ready_unrequested,
    unknown_due,
)
from scrape_assets.ledger.snapshots.records import NewSnapshot, Snapshot, SnapshotInput
from scrape_assets.ledger.snapshots.recovery import reclaim_expired, release_run, renew_leases

__all__ = [
    "NewSnapshot",
    "Snapshot",
    "SnapshotFilter",
    "SnapshotInput",
    "accepted",
    "answer_lost",
    "by_partition_keys",
    "claim_processing",
    "clear_requested",
    "counts_by_status",
    "downloaded",
    "due_for_check",
    "fail_processing",
    "finish_processing",
    "gathered",
    "get",
    "known_vendor_ids",
    "list_snapshots",
    "loaded",
    "mark_requested",
    "matched",
    "not_answered",
    "observed",
    "open_counts",
    "put_back",
    "ready_due",
    "ready_unrequested",
    "reclaim_expired",
    "record_intent",
    "refused",
    "release_run",
    "renew_leases",
    "reopen",
    "replace_inputs",
    "settle_processing",
    "unknown_due",
]
