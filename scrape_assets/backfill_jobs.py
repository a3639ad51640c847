"""The jobs around backfills: what one would cost, and the retirement of old partitions. Neither asks a vendor.

The backfills themselves are Dagster's own, of the assets; what they do and cost stands in docs/operations.md.
"""

from datetime import date
from enum import Enum

import dagster as dg
from pydantic import Field

from scrape_assets.assets.stopping import stoppable
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.wanted.plan import UnknownTarget
from scrape_assets.ledger.snapshots import KeptFilter
from scrape_assets.operations.backfills import (
    LIVE_PARTITIONS,
    CannotBackfill,
    Estimate,
    days_between,
    kept_for,
    of_collection,
    of_redownload,
    of_remap,
    of_rematch,
    of_retirement,
    retirement_in_words,
)
from scrape_assets.policies import lasting_failure
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.registered import gathered, registered_keys, retire, runs_as_they_lie
from scrape_assets.resources.flow import FlowResource
from scrape_assets.settings import SettingsError
from scrape_assets.sources.registry import NoSource


class Backfill(Enum):
    """The kinds of backfill. In the launchpad their names are written, hence the small letters."""

    remap = "remap"
    collect = "collect"
    rematch = "rematch"
    redownload = "redownload"
    retire = "retire"


class EstimateConfig(dg.Config):
    """What is to be estimated. Nothing is done, but that keys are moved if `gather` says so."""

    backfill: Backfill = Backfill.remap
    """remap, collect, rematch, redownload or retire."""
    platform: str | None = None
    """Only this one; collect needs it."""
    first_day: str | None = None
    """YYYY-MM-DD; of the collection. For retire: what was collected before this day."""
    last_day: str | None = None
    """YYYY-MM-DD, included. None: today."""
    snapshots: list[str] = Field(default_factory=list)
    """Snapshot ids, for remap and redownload."""
    creators: list[str] = Field(default_factory=list)
    """Creator ids, for collect and rematch."""
    gather: bool = False
    """For remap: make neighbours of the partitions, so that they are one range to choose, and the fewest runs."""


@dg.op(
    name="estimate",
    out=dg.Out(dg.Nothing),
    description="Says what a backfill would come to: snapshots, posts, calls to the vendor, US dollars, runs. Plays it "
    "in a transaction that is rolled back; asks nobody, writes nothing.",
)
def estimate(context: dg.OpExecutionContext, config: EstimateConfig, flow: FlowResource) -> None:
    """Estimate, and show it in the run's log and as metadata."""
    try:
        said = stoppable(context, flow, lambda: _estimate(context, config, flow))
    except (CannotBackfill, UnknownTarget, UnknownPlatform, NoSource, SettingsError, ValueError) as error:
        raise lasting_failure(f"{error}; nothing was done, change the config and launch it again") from error
    context.log.info("; ".join(map(str, said.values())))
    context.add_output_metadata({name: dg.MetadataValue.text(str(value)) for name, value in said.items()})


def _estimate(context: dg.OpExecutionContext, config: EstimateConfig, flow: FlowResource) -> dict[str, object]:
    with flow.open(context.run.run_id) as ctx:
        today = ctx.now().date()
        platform = None if config.platform is None else str(parse_platform(config.platform))
        first = None if config.first_day is None else date.fromisoformat(config.first_day)
        last = today if config.last_day is None else date.fromisoformat(config.last_day)
        match config.backfill:
            case Backfill.remap:
                return _of_remap(
                    context.instance, ctx, config, KeptFilter(platform, first, last, config.snapshots or None)
                )
            case Backfill.collect:
                if platform is None:
                    raise CannotBackfill("collect needs a platform")
                days = days_between(first or today, last)
                _, found = of_collection(ctx, platform, days, creators=config.creators or None)
                return _shown(found, f"Materialize collections, {days[0]} to {days[-1]}, platform {platform}.")
            case Backfill.rematch:
                with ctx.engine.connect() as conn:
                    found = of_rematch(conn, config.creators, platform)
                return _shown(found, "Nothing: the sensor changed_creators does it; or scrape-assets rematch.")
            case Backfill.redownload:
                if len(config.snapshots) != 1:
                    raise CannotBackfill("redownload needs one snapshot in `snapshots`")
                with ctx.engine.connect() as conn:
                    _, found = of_redownload(ctx, conn, config.snapshots[0])
                return _shown(
                    found,
                    f"Materialize all three assets of {config.snapshots[0]}, with redownload: true in the launchpad.",
                )
            case Backfill.retire:
                registered = registered_keys(context.instance)
                with ctx.engine.connect() as conn:
                    old = of_retirement(conn, registered, first, LIVE_PARTITIONS)
                return {
                    "estimate": retirement_in_words(len(old), len(registered)),
                    "then": "Launch the job retire_partitions with the same day as `before`.",
                }


def _of_remap(
    instance: dg.DagsterInstance, ctx: FlowContext, config: EstimateConfig, which: KeptFilter
) -> dict[str, object]:
    with ctx.engine.connect() as conn:
        some = kept_for(conn, which)
    keys = [one.partition_key for one in some]
    hidden = len(set(keys) - set(registered_keys(instance)))
    if config.gather and keys:
        gathered(instance, keys)
        hidden = 0
    found = of_remap(some, runs_as_they_lie(instance, keys))
    if not keys:
        return _shown(found, "Nothing: no payload of this kind is kept.")
    then = f"Materialize raw_posts and creator_content, from {keys[0]} to {keys[-1]}."
    if not config.gather and found.runs > 1:
        then += " Fewer runs, as one range: estimate with gather: true first, or scrape-assets remap."
    if hidden:
        then += f" {hidden} of them are retired: gather: true shows them again."
    return _shown(found, then)


def _shown(found: Estimate, then: str) -> dict[str, object]:
    said: dict[str, object] = {
        "estimate": found.in_words,
        "then": then,
        "cost_usd": "unknown" if found.cost_usd is None else found.cost_usd,
        "vendor_calls": found.vendor_calls,
        "runs": found.runs,
        "snapshots": found.snapshots,
        "posts": found.posts,
    }
    return said | {f"remark_{number}": remark for number, remark in enumerate(found.remarks, start=1)}


@dg.job(
    name="estimate_backfill",
    executor_def=dg.in_process_executor,
    description="What a backfill would cost, before it starts: snapshots, posts, calls to the vendor, US dollars and "
    "runs, and what to click then. Asks nobody, changes nothing. Say in the launchpad which: remap, collect, rematch, "
    "redownload or retire.",
)
def estimate_backfill_job() -> None:
    """One op."""
    estimate()


class RetireConfig(dg.Config):
    """Which snapshot partitions leave the UI's lists."""

    before: str | None = None
    """YYYY-MM-DD: those collected for earlier days. None: the oldest of those beyond `keep`."""
    keep: int = LIVE_PARTITIONS
    """How many stay when no day is given; the newest."""


@dg.op(
    name="retire_finished",
    out=dg.Out(dg.Nothing),
    description="Takes the keys of finished snapshots out of the UI's lists. Rows, payloads, posts and history stay; "
    "everything works on a retired snapshot as before.",
)
def retire_finished(context: dg.OpExecutionContext, config: RetireConfig, flow: FlowResource) -> None:
    """Retire, and say how many."""
    try:
        before = None if config.before is None else date.fromisoformat(config.before)
    except ValueError as error:
        raise lasting_failure(f"{error}; nothing was retired, write the day as YYYY-MM-DD") from error

    def work() -> str:
        registered = registered_keys(context.instance)
        with flow.open(context.run.run_id) as ctx, ctx.engine.connect() as conn:
            old = of_retirement(conn, registered, before, config.keep)
        retire(context.instance, old)
        return retirement_in_words(len(old), len(registered))

    said = stoppable(context, flow, work)
    context.log.info(said)
    context.add_output_metadata({"retired": dg.MetadataValue.text(said)})


@dg.job(
    name="retire_partitions",
    executor_def=dg.in_process_executor,
    description="Keeps the UI quick: the partitions of the oldest finished snapshots leave its lists, where there are "
    f"more than {LIVE_PARTITIONS:,}, or those before a day. Nothing is lost: the ledger has the rows, and a key comes "
    "back when its snapshot is processed again.",
)
def retire_partitions_job() -> None:
    """One op."""
    retire_finished()
