"""The asset `collections`, phase 1: what a day and platform asked for. It pays, and never waits."""

from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg
from pydantic import Field

from scrape_assets.assets.columns import JOBS
from scrape_assets.assets.page_links import of_platform
from scrape_assets.assets.stopping import stoppable
from scrape_assets.checks import evaluate_checks
from scrape_assets.checks.specs import COLLECTION_CHECK_SPECS
from scrape_assets.flow.collect import CollectReport, collect
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.recovery import release_run
from scrape_assets.flow.wanted.plan import UnknownTarget
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import OURS, RETRYABLE
from scrape_assets.ledger.jobs import Job, JobFilter, Origin
from scrape_assets.ledger.states import JobStatus
from scrape_assets.markdown import table
from scrape_assets.partitions import collection_partitions, day_and_platform
from scrape_assets.policies import COLLECTION, OWNERS, RETRY_OF_A_CRASH, ROOT_RUN, TRANSPORT_RETRIES, lasting_failure
from scrape_assets.resources.flow import FlowResource
from scrape_assets.settings import SettingsError
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.registry import NoSource

FAILED_SHOWN = 20
NEWEST = 1_000  # jobs of a day looked through for those of a forced round, the newest first


class CollectionConfig(dg.Config):
    """What to collect of the day and platform. The defaults collect everybody, once."""

    creators: list[str] = Field(default_factory=list)
    """Creator ids. With neither these nor events: every creator with a profile there, and every event of the day."""
    events: list[str] = Field(default_factory=list)
    """Event ids."""
    force: bool = False
    """Ask (and pay) again for what this day has asked already."""
    requested_only: bool = False
    """Write no new jobs; only serve the ones that wait."""


SPEC = dg.AssetSpec(
    "collections",
    deps=["creators", "events"],
    skippable=True,
    group_name=COLLECTION,
    owners=OWNERS,
    kinds={"postgres", "table"},
    metadata={"dagster/column_schema": JOBS, "dagster/table_name": "public.scrape_jobs"},
    description="Phase 1. For each creator with a profile on the platform, and each event that is talked about, a "
    "job is written, once a day. The jobs go in batches to the platform's first source that can be asked, and each "
    "batch becomes a snapshot: a direct source answers here and now, a vendor is triggered, and the sensor "
    "`pending_snapshots` follows it. Nothing waits here. Materializing a day again asks only for what is still open; "
    "`force: true` asks, and pays, again.",
)


# A multi-asset of one: so each day of a backfill that was asked for is materialized, though another day's failed.
@dg.multi_asset(
    name="collections",
    specs=[SPEC],
    partitions_def=collection_partitions,
    # One run may take a month of days: a backfill is a few runs, not one a day.
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=31),
    retry_policy=TRANSPORT_RETRIES,
    check_specs=COLLECTION_CHECK_SPECS,
)
def collections(
    context: dg.AssetExecutionContext, config: CollectionConfig, flow: FlowResource
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckResult]:
    """Collect each partition of the run and report it; fail when nothing of a day could be asked for."""
    collected: list[dg.AssetMaterialization] = []
    try:
        failures = stoppable(context, flow, lambda: _collect_days(context, config, flow, collected))
    finally:
        yield from collected  # whatever has ended the run: what was asked for is asked for
    with flow.open(context.run.run_id) as ctx:
        yield from evaluate_checks(ctx, {"collections": context.partition_keys}, context.selected_asset_check_keys)
    if failures:
        raise lasting_failure("\n".join(failures))


def _collect_days(
    context: dg.AssetExecutionContext,
    config: CollectionConfig,
    flow: FlowResource,
    collected: list[dg.AssetMaterialization],
) -> list[str]:
    """Collect day after day, noting each that was asked for; and say what could not be."""
    failures: list[str] = []
    with flow.open(context.run.run_id) as ctx:
        if context.retry_number:
            release_run(ctx, context.run.run_id, count_attempt=False)
        for key in context.partition_keys:
            day, platform = day_and_platform(key)
            try:
                report = collect(
                    ctx,
                    platform,
                    day,
                    creators=config.creators or None,
                    events=config.events or None,
                    force=config.force and not _forced_before(context, ctx, day, platform),
                    requested_only=config.requested_only,
                )
            except (SourceError, SettingsError, UnknownTarget, NoSource, ValueError) as error:
                # The key or the configuration: the other days would end in the same way.
                failures.append(f"{key}: {error}; nothing has been asked for: mend that and materialize it again")
                break
            context.log.info(summary(report))
            if report.problems and not report.accepted:
                failures.append(f"{key}: {report.problems[0].error}; {_what_next(report)}")
                continue
            with ctx.engine.connect() as conn:
                failed = jobs.list_jobs(conn, JobFilter(JobStatus.FAILED, platform, day), FAILED_SHOWN)
            collected.append(
                dg.AssetMaterialization(
                    "collections",
                    partition=key,
                    metadata=_metadata(report, failed) | of_platform(ctx.settings, platform),
                )
            )
    return failures


def _forced_before(context: dg.AssetExecutionContext, ctx: FlowContext, day: date, platform: str) -> bool:
    """Whether an earlier attempt of this run has forced this day already: it must not be paid for once more."""
    run = context.run
    if not context.retry_number and RETRY_OF_A_CRASH not in run.tags:
        return False
    first = context.instance.get_run_record_by_id(run.tags.get(ROOT_RUN, run.run_id))
    with ctx.engine.connect() as conn:
        newest = jobs.list_jobs(conn, JobFilter(platform=platform, collection_date=day), NEWEST)
    planned = [job.created_at for job in newest if job.origin is Origin.COLLECTION]
    return bool(first and planned and max(planned) >= first.create_timestamp)


def _what_next(report: CollectReport) -> str:
    """What becomes of the jobs of batches that were not accepted."""
    classes = {one.error_class for one in report.problems}
    if any(one.inputs for one in report.problems):
        return "the vendor may have accepted it: its list is looked at before anything is asked for again"
    if classes & (RETRYABLE | OURS):
        return "the jobs stay in the ledger and are asked for again by themselves"
    return (
        "the jobs have failed; nothing more happens by itself: mend the cause, then scrape-assets dead-letters replay"
    )


def summary(report: CollectReport) -> str:
    """One line for a log or a terminal."""
    asked = sum(one.inputs for one in report.accepted)
    words = f"{report.platform} {report.day}: {report.jobs_added} new jobs, {asked} inputs asked for"
    words += f" in {len(report.accepted)} snapshots"
    if report.problems:
        words += f" ({len(report.problems)} batches not accepted)"
    if report.spared:
        words += f"; {len(report.spared)} jobs needed no asking: the same was, or is being, collected"
    if report.held_back:
        held = sum(len(one.job_ids) for one in report.held_back)
        words += f"; {held} jobs wait for a budget: {report.held_back[0].why}"
    return words


def _metadata(report: CollectReport, failed: Sequence[Job]) -> dict[str, dg.MetadataValue]:
    aside = [one for batch in report.triggered for one in batch.set_aside]
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/partition_row_count": dg.MetadataValue.int(sum(report.jobs_by_status.values())),
        "jobs_added": dg.MetadataValue.int(report.jobs_added),
        "jobs_claimed": dg.MetadataValue.int(report.jobs_claimed),
        "inputs_accepted": dg.MetadataValue.int(sum(one.inputs for one in report.accepted)),
        "snapshots": table(
            ("snapshot", "inputs", "accepted as", "records", "error"),
            ((one.snapshot_id, one.inputs, one.accepted_as, one.records, one.error) for one in report.triggered),
        ),
        "jobs_by_status": table(("status", "jobs"), sorted(report.jobs_by_status.items())),
    }
    if aside:
        metadata["inputs_set_aside"] = table(("input", "reason"), ((one.url, one.reason) for one in aside))
    if report.spared:
        metadata["not_asked_again"] = table(("target", "why"), ((one.target_id, one.why) for one in report.spared))
    if report.held_back:
        metadata["held_back"] = table(
            ("jobs", "until", "why"), ((len(one.job_ids), one.until, one.why) for one in report.held_back)
        )
    if failed:
        metadata["jobs_failed"] = table(("creator", "reason"), ((job.target_id, job.error) for job in failed))
    settled = report.settled
    if settled.found or settled.never_accepted or settled.still_unknown or settled.given_up:
        metadata["lost_answers"] = table(
            ("snapshot", "settled as"),
            [(key, "found: at the vendor, or what came before the process died") for key in settled.found]
            + [(key, "never accepted; asked again") for key in settled.never_accepted]
            + [(key, "given up: a person decides, see its error") for key in settled.given_up]
            + [(key, "still unknown; looked up again later") for key in settled.still_unknown],
        )
    return metadata
