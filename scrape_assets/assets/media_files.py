"""The asset `media_files` [snapshot]: attachments of matched posts, fetched before their addresses end.

A step and a job of its own, after `creator_content`: posts never wait for pictures. A file that is not to be had is a
row with its reason and fails nothing; only a store that takes no more fails a run.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from scrape_assets.assets import column_lineage
from scrape_assets.assets.columns import MEDIA_FILES
from scrape_assets.assets.ended import Ended, Event
from scrape_assets.assets.recording import Recorder
from scrape_assets.assets.stopping import stoppable
from scrape_assets.checks import evaluate_checks
from scrape_assets.checks.specs import MEDIA_CHECK_SPECS
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.media.take import Report, due, platforms_on, take
from scrape_assets.ledger import snapshots
from scrape_assets.markdown import table
from scrape_assets.partitions import snapshot_partitions
from scrape_assets.policies import CONTENT, KEYS_A_RUN, OWNERS, TRANSPORT_RETRIES, asked_by_itself, lasting_failure
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.media.listing import Listed
from scrape_assets.storage.media.reading import Standing, reasons, some_files, standing

FILES_SHOWN = 12


class MediaConfig(dg.Config):
    """How the media are taken."""

    retry: bool = False
    """Also try what was refused, given up or has expired; for after a limit was raised."""


@dg.multi_asset(
    name="take_media",
    specs=[
        dg.AssetSpec(
            "media_files",
            deps=["creator_content"],
            skippable=True,
            group_name=CONTENT,
            owners=OWNERS,
            kinds={"file", "postgres"},
            metadata={
                "dagster/column_schema": MEDIA_FILES,
                "dagster/column_lineage": column_lineage.MEDIA_FILES,
                "dagster/table_name": "public.media_files",
            },
            description="Attachments of matched posts (pictures, videos, sounds), fetched before their addresses end "
            "and kept by the hash of their bytes, each once; pictures with size and thumbnail. Off unless "
            "SCRAPE_ASSETS_MEDIA_PLATFORMS names the platform. Files that are not to be had are rows with their "
            "reason. Materializing again fetches only what is missing.",
        )
    ],
    check_specs=MEDIA_CHECK_SPECS,
    can_subset=True,
    partitions_def=snapshot_partitions,
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=KEYS_A_RUN),
    retry_policy=TRANSPORT_RETRIES,
)
def media_files(context: dg.AssetExecutionContext, config: MediaConfig, flow: FlowResource) -> Iterator[Event]:
    """Take the media of the run's snapshots and report each by itself."""
    taken = stoppable(context, flow, lambda: _take(context, config, flow))
    yield from taken.told()


def _take(context: dg.AssetExecutionContext, config: MediaConfig, flow: FlowResource) -> Ended:
    by_itself = asked_by_itself(context.run)
    events: list[Event] = []
    recorder = Recorder(context)
    with flow.open(context.run.run_id) as ctx:
        wanted, refused = _wanted(ctx, context.partition_keys, by_itself=by_itself)
        report = Report()
        try:
            take(ctx, list(wanted), retry=config.retry, report=report)
        finally:
            # Whatever has ended it: what is listed is taken as far as its counts say, and is not due again by itself.
            for snapshot_id, listed in report.listed.items():
                events += recorder.take([_shown(ctx, snapshot_id, wanted[snapshot_id], listed)])
            events += recorder.write()
        events += evaluate_checks(ctx, {"media_files": list(report.listed)}, context.selected_asset_check_keys)
    refused += [f"{wanted[one]}: another run is at its media" for one in report.busy]
    context.log.info(in_words(report))
    for line in refused:
        context.log.warning(line)
    if report.trouble:
        return Ended(events, lasting_failure(report.trouble))
    if refused and not by_itself:
        return Ended(events, lasting_failure("\n".join(refused[:20])))
    return Ended(events, None)


def _shown(ctx: FlowContext, snapshot_id: str, partition: str, listed: Listed) -> dg.AssetMaterialization:
    with ctx.engine.connect() as conn:
        found = standing(conn, [snapshot_id])
        why = reasons(conn, [snapshot_id])
        files = some_files(conn, [snapshot_id], FILES_SHOWN)
    return dg.AssetMaterialization(
        "media_files",
        partition=partition,
        metadata={
            **_counts(listed, found),
            "not_stored": table(("status", "reason", "files"), why),
            # Where they lie, and no pictures: whoever is forgotten is not reached in Dagster's event log.
            "files": table(
                ("type", "bytes", "pixels", "file", "thumbnail"),
                ((one.mime_type, one.bytes, one.size, one.uri, one.thumbnail_uri) for one in files),
            ),
        },
    )


def in_words(report: Report) -> str:
    """What a run came to, in a line."""
    fates = ", ".join(f"{count} {status}" for status, count in sorted(report.fates.items())) or "nothing to fetch"
    left = f"; {report.left} left: {report.why_left}" if report.left else ""
    return f"{len(report.listed)} snapshots: {fates}, {report.bytes:,} bytes{left}"


def _wanted(ctx: FlowContext, keys: Sequence[str], *, by_itself: bool) -> tuple[dict[str, str], list[str]]:
    """Snapshots whose media are taken, with their partitions; and why others' are not, which a person is told."""
    on = platforms_on(ctx)
    if by_itself:
        # The range may hold others, in between; whoever asked meant those that are due.
        return due(ctx, on, keys), []
    with ctx.engine.connect() as conn:
        known = snapshots.by_partition_keys(conn, keys)
    wanted: dict[str, str] = {}
    refused = []
    for key in keys:
        one = known.get(key)
        if one is None:
            refused.append(f"{key}: the ledger knows no such snapshot")
        elif one.platform not in on:
            refused.append(
                f"{key}: media of {one.platform} are off; name it in SCRAPE_ASSETS_MEDIA_PLATFORMS and start anew "
                "what reads it, then materialize again"
            )
        elif one.matched_at is None:
            refused.append(f"{key}: its posts are not matched yet; that happens by itself, and its media follow")
        else:
            wanted[one.snapshot_id] = key
    return wanted, refused


def _counts(listed: Listed, found: Standing) -> dict[str, dg.MetadataValue]:
    counts = {
        "dagster/partition_row_count": found.total,
        "posts_with_media": listed.posts,
        "files_in_store": found.distinct,
        "bytes": found.bytes,
        "thumbnails": found.thumbnails,
        "left_out": listed.left_out,
        **found.files,
    }
    metadata: dict[str, dg.MetadataValue] = {name: dg.MetadataValue.int(count) for name, count in counts.items()}
    if found.next_attempt_at:
        metadata["next_attempt"] = dg.MetadataValue.timestamp(found.next_attempt_at)
    return metadata
