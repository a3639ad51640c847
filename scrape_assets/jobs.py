"""The jobs that sensors, schedules and people start. Selections and executors; nothing else."""

import dagster as dg

# In process: a process per step costs 13 times as much as these steps; concurrency is inside them, bounded.
collect_job = dg.define_asset_job(
    "collect",
    # With `creators` and `events`, so that who and what was followed at the time stands beside what was asked for.
    selection=dg.AssetSelection.assets("creators", "events", "collections"),
    executor_def=dg.in_process_executor,
    description="Phase 1: ask the sources for a day of a platform.",
)

process_snapshots_job = dg.define_asset_job(
    "process_snapshots",
    selection=dg.AssetSelection.assets("snapshots", "raw_posts", "creator_content"),
    executor_def=dg.in_process_executor,
    description="Phase 2: download, load and match a range of snapshots in one run.",
)
