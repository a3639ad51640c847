"""The three stages of phase 2, one after the other. What becomes of a snapshot when one fails is in setbacks.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.drought import note_yields
from scrape_assets.flow.fates.fates import close_jobs
from scrape_assets.flow.taking.download import fetch_payload
from scrape_assets.flow.taking.events import match_events
from scrape_assets.flow.taking.outcome import Outcome, Stage
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.sources.errors import EmptySnapshot
from scrape_assets.sources.registry import mapping_of
from scrape_assets.storage.loader import LoadReport, load_payload
from scrape_assets.storage.matching import MatchReport, match_snapshots
from scrape_assets.storage.payloads import Payload


def known_empty(snapshot: Snapshot) -> bool:
    """Whether the source has said that there is nothing in it, so that there is no payload and never will be."""
    return snapshot.processed_at is not None and not snapshot.payload_uri and snapshot.posts_retrieved == 0


def fetch_and_load(ctx: FlowContext, outcome: Outcome, stages: frozenset[Stage], *, redownload: bool) -> None:
    """Take a snapshot through those of the first two stages that were asked for; each is written down before the next.

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


def match_and_settle(ctx: FlowContext, outcomes: Sequence[Outcome], stages: frozenset[Stage]) -> None:
    """Take snapshots through the last stage, if it was asked for, and let go of them: all in one transaction, or none.

    Raises:
        IllegalTransition: somebody else holds one of them by now.
    """
    ctx.stop.look()
    # Two processes that go through the same rows in the same order do not wait for each other.
    in_order = sorted(outcomes, key=lambda one: one.snapshot.snapshot_id)
    reports: Mapping[str, MatchReport] = {}
    with ctx.engine.begin() as conn:
        if Stage.MATCH in stages:
            reports = match_snapshots(conn, [one.snapshot.snapshot_id for one in in_order], ctx.now())
        for outcome in in_order:
            snapshot = outcome.snapshot
            if report := reports.get(snapshot.snapshot_id):
                _end_what_it_serves(ctx, conn, outcome, report)
            snapshots.settle_processing(conn, snapshot.snapshot_id, ctx.now(), ctx.owner)
    for outcome in outcomes:
        outcome.match = reports.get(outcome.snapshot.snapshot_id)
        if outcome.match:
            outcome.done.append(Stage.MATCH)
    note_yields(ctx, [(one.snapshot, one.load.posts) for one in outcomes if one.load])


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


def _end_what_it_serves(ctx: FlowContext, conn: Connection, outcome: Outcome, report: MatchReport) -> None:
    snapshot = outcome.snapshot
    served = jobs.get_many(conn, (item.job_id for item in snapshot.inputs))
    match_events(ctx, conn, snapshot, served)
    close_jobs(ctx, conn, snapshot, served, outcome.remark)
    snapshots.matched(conn, snapshot.snapshot_id, posts_matched=report.matched_posts, now=ctx.now(), owner=ctx.owner)
