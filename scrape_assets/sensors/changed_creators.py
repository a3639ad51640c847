"""The sensor that matches creators again after they or their profiles have changed. It requests no run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from scrape_assets.flow.targets.rematch import rematch_changed
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.matching.creators import Affected, RematchReport, added_up, count_changed, take_affected

# A tick may last a minute. Half of it for matching, so that one creator of very many posts has the other half.
TIME_A_TICK = timedelta(seconds=25)
CREATORS_A_TICK = 500
# Each is an event of its own, 30 ms to write.
PARTITIONS_A_TICK = 100


@dg.sensor(
    name="changed_creators",
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Notices creators whose profiles were added or corrected, and matches all that was ever collected of "
    "them anew. Asks no source and requests no run. The partitions of creator_content whose matches have changed show "
    "it as an observation.",
)
def changed_creators(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SensorResult:
    """One tick: match again who has changed, and show what that has changed."""
    with flow.open() as ctx:
        done = list(rematch_changed(ctx, within=TIME_A_TICK, most=CREATORS_A_TICK))
        with ctx.engine.begin() as conn:
            affected = take_affected(conn, PARTITIONS_A_TICK)
            waiting = count_changed(conn)
    report = added_up([one.report for one in done])
    for name in report.names.new_names:
        if name.taken_by:
            context.log.warning(
                f"{name.creator_id} is seen as {name.new_key} on {name.platform} since {name.changed_at:%Y-%m-%d}, but "
                f"that is a profile of {name.taken_by}; nothing was recorded. If the name has changed hands, end the "
                f"profile of {name.taken_by} with valid_to."
            )
    matched = sum(len(one.creator_ids) for one in done)
    return dg.SensorResult(
        skip_reason=dg.SkipReason(_in_words(matched, report, affected, waiting)),
        asset_events=[_observation(one) for one in affected],
    )


def _observation(one: Affected) -> dg.AssetObservation:
    return dg.AssetObservation(
        asset_key="creator_content",
        partition=one.partition_key,
        description="Creators were added or corrected, and posts of this snapshot matched anew.",
        metadata={
            "rematched_at": dg.MetadataValue.timestamp(one.rematched_at),
            "posts_rematched": one.posts,
            "matches_written": one.written,
            "matches_removed": one.removed,
            "posts_matched": one.posts_matched or 0,
        },
    )


def _in_words(matched: int, report: RematchReport, affected: Sequence[Affected], waiting: int) -> str:
    if not matched and not affected:
        return "No creator has changed."
    said = (
        f"{matched} changed creators matched again over {report.posts} posts: {report.written} matches written, "
        f"{report.removed} removed. {len(affected)} partitions show it."
    )
    return f"{said} {waiting} creators wait for the next tick." if waiting else said
