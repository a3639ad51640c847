"""The jobs that sensors, schedules and people start. Selections, executors, and the one op that is no asset."""

from functools import partial

import dagster as dg

from scrape_assets.assets.stopping import stoppable
from scrape_assets.checks.snapshots import evaluation
from scrape_assets.checks.tables import judge_tables
from scrape_assets.operations.recover import RecoverReport, recover
from scrape_assets.policies import HOUSEKEEPING_ASSETS, lasting_failure
from scrape_assets.resources.flow import FlowResource

# In process: a process per step costs 13 times as much as these steps; concurrency is inside them, bounded.
_asset_job = partial(dg.define_asset_job, executor_def=dg.in_process_executor)

collect_job = _asset_job(
    "collect",
    # With `creators` and `events`, so that who and what was followed at the time stands beside what was asked for.
    selection=dg.AssetSelection.assets("creators", "events", "collections"),
    description="Phase 1: ask the sources for a day of a platform.",
)

process_snapshots_job = _asset_job(
    "process_snapshots",
    selection=dg.AssetSelection.assets("snapshots", "raw_posts", "creator_content"),
    description="Phase 2: download, load and match a range of snapshots in one run.",
)

media_job = _asset_job(
    "media",
    selection=dg.AssetSelection.assets("media_files"),
    description="After phase 2: download the attachments of matched posts, on the platforms where that is on.",
)

activity_job = _asset_job(
    "activity",
    selection=dg.AssetSelection.assets("creator_activity", "event_coverage"),
    description="What days came to, for creators and events. A range of days is one run; nobody is asked for anything.",
)

retention_job = _asset_job(
    "remove_old",
    selection=dg.AssetSelection.assets("retention"),
    description="Removes what is older than SCRAPE_ASSETS_KEEP_DAYS lets it become.",
)

housekeeping_job = _asset_job(
    "housekeeping",
    selection=dg.AssetSelection.assets(*HOUSEKEEPING_ASSETS),
    description="Retires old partitions, removes old runs, archives payloads, looks after the databases: each alone, "
    "one after the other. What was collected stays.",
)

suggestions_job = _asset_job(
    "suggest_creators",
    selection=dg.AssetSelection.assets("creator_suggestions"),
    description="Compares those who write with the creators that are followed elsewhere. Asks nobody, matches nothing.",
)

check_tables_job = _asset_job(
    "check_tables",
    selection=dg.AssetSelection.checks(judge_tables),
    description="Judges the tables as a whole: late platforms, sources that bring nothing, doubles, orphans, payloads, "
    "match rates. It reads only.",
)


class RecoverConfig(dg.Config):
    """What the vendor's lists are walked for."""

    days: int | None = None
    """How far back; without it as long as the vendor keeps what it has."""
    platform: str | None = None
    """Only this one."""


@dg.op(
    name="walk_vendor_lists",
    out=dg.Out(dg.Nothing),
    description="Takes on what the vendor has and the ledger does not know, or gave up. The sensor pending_snapshots "
    "asks about it and has it processed.",
)
def walk_vendor_lists(context: dg.OpExecutionContext, config: RecoverConfig, flow: FlowResource) -> None:
    """Recover, tell what was found, and judge what is about to expire unread."""
    report = stoppable(context, flow, lambda: _recover(context, config, flow))
    context.log.info(report.in_words())
    context.add_output_metadata({"report": dg.MetadataValue.json(report.as_json())})
    if report.errors:
        raise lasting_failure(
            f"{report.in_words()} Not all could be read: {'; '.join(report.errors[:10])}. What was found is followed "
            "all the same; the schedule recover_snapshots walks all lists again at 04:00 UTC, this job does at once"
        )


def _recover(context: dg.OpExecutionContext, config: RecoverConfig, flow: FlowResource) -> RecoverReport:
    with flow.open(context.run_id) as ctx:
        report = recover(ctx, days=config.days, platform=config.platform)
        context.instance.report_runless_asset_event(evaluation(ctx))
        return report


@dg.job(
    name="recover",
    executor_def=dg.in_process_executor,
    description="Walks the vendor's lists for what is paid for and not known here. Triggers nothing, pays nothing.",
)
def recover_job() -> None:
    """One op."""
    walk_vendor_lists()
