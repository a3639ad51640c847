"""Scrape jobs: one target on one platform in one time range each.

Every function takes a SQLAlchemy Connection and works in its caller's transaction, which commits.
"""

from scrape_assets.ledger.jobs.claims import (
    claim_jobs,
    name_profile,
    name_source,
    note_progress,
    reclaim_expired,
    release,
    release_run,
    renew_leases,
)
from scrape_assets.ledger.jobs.outcomes import (
    assign_snapshot,
    cancel,
    complete,
    fail,
    postpone,
    put_off,
    replay,
    retry_later,
)
from scrape_assets.ledger.jobs.queue import (
    JobFilter,
    Waiting,
    add_jobs,
    clear_requested,
    count_waiting,
    counts_by_status,
    done_before,
    due_jobs,
    get,
    last_rounds,
    list_jobs,
    mark_requested,
    served_by,
)
from scrape_assets.ledger.jobs.records import Job, NewJob, Origin, Priority, TargetKind

__all__ = [
    "Job",
    "JobFilter",
    "NewJob",
    "Origin",
    "Priority",
    "TargetKind",
    "Waiting",
    "add_jobs",
    "assign_snapshot",
    "cancel",
    "claim_jobs",
    "clear_requested",
    "complete",
    "count_waiting",
    "counts_by_status",
    "done_before",
    "due_jobs",
    "fail",
    "get",
    "last_rounds",
    "list_jobs",
    "mark_requested",
    "name_profile",
    "name_source",
    "note_progress",
    "postpone",
    "put_off",
    "reclaim_expired",
    "release",
    "release_run",
    "renew_leases",
    "replay",
    "retry_later",
    "served_by",
]
