"""What all assets share: owners, groups, retry policies, tags, freshness, and how an error becomes a Failure."""

from datetime import timedelta

import dagster as dg

OWNERS = ["team:scrape-assets"]

WHO = "who"  # the group of creators and events
COLLECTION = "collection"  # the group of phase 1
CONTENT = "content"  # the group of phase 2
ACTIVITY = "activity"  # the group of what days came to
HOUSEKEEPING = "housekeeping"  # the group of what keeps the tables as they should be

HOUSEKEEPING_ASSETS = ("retired_partitions", "pruned_runs", "archived_payloads", "database_health")
OUR_JOBS = ("collect", "process_snapshots", "media", "activity", "remove_old", "suggest_creators", "housekeeping")
OUR_ASSETS = frozenset(
    map(
        dg.AssetKey,
        (
            "creators",
            "events",
            "collections",
            "snapshots",
            "raw_posts",
            "creator_content",
            "media_files",
            "creator_activity",
            "event_coverage",
            "creator_suggestions",
            "retention",
            *HOUSEKEEPING_ASSETS,
        ),
    )
)

KEYS_A_RUN = 250
"""Snapshots. Launching a run costs seconds before it does any work; planning one takes as long as it has keys."""

TRANSPORT_RETRIES = dg.RetryPolicy(
    # For what the ledger cannot record: a database that restarts, a file system that blinks. Short, because a waiting
    # step holds a process; long waits are rows with a time in the ledger.
    max_retries=2,
    delay=2,
    backoff=dg.Backoff.EXPONENTIAL,
    jitter=dg.Jitter.FULL,
)

# A day's collection runs once a day; a day and a half leaves room for one late run before anybody is called.
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))

REQUESTED_BY = "scrape_assets/requested_by"
# What a person asked for by command: a note in the run's tags, which decides nothing.
ASKED_FOR = "scrape_assets/asked_for"
BY_SNAPSHOTS = "pending_snapshots"
BY_JOBS = "pending_scrape_jobs"
BY_MEDIA = "media_due"
PARENT_RUN = "dagster/parent_run_id"  # of a run that is executed again
ROOT_RUN = "dagster/root_run_id"
RETRY_OF_A_CRASH = "dagster/retry_number"  # set by Dagster's daemon when it repeats a run by itself
PRIORITY = "dagster/priority"
PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"

RUN_PRIORITY = {"high": "10", "normal": "0", "low": "-10"}


def asked_by_itself(run: dg.DagsterRun) -> bool:
    """Whether a sensor or a command asked for this run and no person did.

    Whoever executes such a run again in the UI asks as a person, though the new run carries the tags of the old one.
    """
    again_by_hand = PARENT_RUN in run.tags and RETRY_OF_A_CRASH not in run.tags
    return REQUESTED_BY in run.tags and not again_by_hand


def lasting_failure(description: str, metadata: dict[str, dg.MetadataValue] | None = None) -> dg.Failure:
    """A Failure that no step retry repeats: the ledger has written down what happens next."""
    return dg.Failure(description=description, metadata=metadata or {}, allow_retries=False)
