"""The three stages of phase 2, one after the other. What becomes of a snapshot when one fails is in setbacks.py."""

from __future__ import annotations

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.drought import note_yield
from scrape_assets.flow.fates.fates import close_jobs
from scrape_assets.flow.taking.download import fetch_payload
from scrape_assets.flow.taking.events import match_events
from scrape_assets.flow.taking.outcome import Outcome, Stage
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.sources.errors import EmptySnapshot
from scrape_assets.sources.registry import mapping_of
from scrape_assets.storage.loader import LoadReport, load_payload
from scrape_assets.storage.matching import MatchReport, match_snapshot
from scrape_assets.storage.payloads import Payload


def known_empty(snapshot: Snapshot) -> bool:
    """Whether the source has said that there is nothing in it, so that there is no payload and never will be."""
    return snapshot.processed_at is not None and not snapshot.payload_uri and snapshot.posts_retrieved == 0


def run_stages(ctx: FlowContext, outcome: Outcome, stages: frozenset[Stage], *, redownload: bool) -> None:
    """Take a snapshot through the stages asked for; each is written down before the next begins.

    Raises:
        SourceError, PayloadCorrupt, PayloadMissing, IllegalTransition: a stage did not succeed.
    """
    snapshot = outcome.snapshot
    if known_empty(snapshot) and not redownload:
        raise EmptySnapshot("the source said that it holds nothing")
    if Stage.DOWNLOAD in stages:
        outcome.payload, outcome.payload_kept, outcome.remark = fetch_payload(ctx, snapshot, again=redownload)
        outcome.done.append(Stage.DOWNLOAD)
    if Stage.LOAD in stages:
        ctx.stop.look()
        outcome.payload = outcome.payload or ctx.archive.open(str(snapshot.payload_uri))
        outcome.load = _load(ctx, snapshot, outcome.payload)
        outcome.done.append(Stage.LOAD)
    if Stage.MATCH in stages:
        ctx.stop.look()
        outcome.match = _match(ctx, snapshot, outcome.remark)
        outcome.done.append(Stage.MATCH)
    with ctx.engine.begin() as conn:
        snapshots.settle_processing(conn, snapshot.snapshot_id, ctx.now(), ctx.owner)
    if outcome.load:
        note_yield(ctx, snapshot, outcome.load.posts)


def _load(ctx: FlowContext, snapshot: Snapshot, payload: Payload) -> LoadReport:
    mapping = mapping_of(snapshot.source, snapshot.platform, snapshot.dataset_id)
    with ctx.engine.begin() as conn:
        report = load_payload(
            conn,
            snapshot_id=snapshot.snapshot_id,
            payload=payload,
            map_line=ctx.stop.before(mapping.map_line),
            mapping_version=mapping.version,
            pseudonyms=ctx.pseudonyms,
        )
        snapshots.loaded(
            conn,
            snapshot.snapshot_id,
            posts_retrieved=report.posts,
            rows_rejected=report.rows_rejected,
            rows_forgotten=report.forgotten,
            coverage=report.coverage.as_json(),
            now=ctx.now(),
            owner=ctx.owner,
        )
    return report


def _match(ctx: FlowContext, snapshot: Snapshot, remark: str | None) -> MatchReport:
    with ctx.engine.begin() as conn:
        report = match_snapshot(conn, snapshot.snapshot_id, ctx.now())
        served = jobs.get_many(conn, (item.job_id for item in snapshot.inputs))
        match_events(ctx, conn, snapshot, served)
        close_jobs(ctx, conn, snapshot, served, remark)
        snapshots.matched(
            conn, snapshot.snapshot_id, posts_matched=report.matched_posts, now=ctx.now(), owner=ctx.owner
        )
    return report
