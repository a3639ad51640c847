"""What an outcome of phase 2 looks like in the UI: one AssetMaterialization a stage, with counts and previews."""

from collections.abc import Iterator

import dagster as dg
from sqlalchemy.engine import Connection

from scrape_assets.assets.page_links import of_jobs
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.taking.outcome import Outcome, Stage
from scrape_assets.markdown import table
from scrape_assets.storage.reading import preview_posts, rejects_by_reason


def materializations(ctx: FlowContext, outcome: Outcome) -> Iterator[dg.AssetMaterialization]:
    """One event for each stage that succeeded."""
    builders = {Stage.DOWNLOAD: _download, Stage.LOAD: _load, Stage.MATCH: _match}
    links = of_jobs(ctx.settings, [item.job_id for item in outcome.snapshot.inputs])
    with ctx.engine.connect() as conn:
        for stage in outcome.done:
            yield dg.AssetMaterialization(
                asset_key=str(stage),
                partition=outcome.snapshot.partition_key,
                metadata={**builders[stage](conn, outcome), **links},
            )


def _download(_conn: Connection, outcome: Outcome) -> dict[str, dg.MetadataValue]:
    snapshot, payload = outcome.snapshot, outcome.payload
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/partition_row_count": dg.MetadataValue.int(payload.rows if payload else 0),
        "vendor_snapshot_id": dg.MetadataValue.text(snapshot.vendor_snapshot_id or "none"),
        "inputs": table(("asked for",), ((item.url,) for item in snapshot.inputs[:50])),
    }
    if payload is None:
        metadata["result"] = dg.MetadataValue.text("the vendor has nothing for these inputs; empty is a result")
        return metadata
    metadata |= {
        "payload": dg.MetadataValue.path(payload.uri),
        "stored_bytes": dg.MetadataValue.int(payload.stored_bytes),
        "sha256": dg.MetadataValue.text(payload.sha256),
        "from": dg.MetadataValue.text("kept payload, the vendor was not asked" if outcome.payload_kept else "vendor"),
    }
    if outcome.remark:
        metadata["warning"] = dg.MetadataValue.text(outcome.remark)
    if snapshot.vendor_records is not None:
        metadata["vendor_records"] = dg.MetadataValue.int(snapshot.vendor_records)
    return metadata


def _load(conn: Connection, outcome: Outcome) -> dict[str, dg.MetadataValue]:
    report, snapshot_id = outcome.load, outcome.snapshot.snapshot_id
    if report is None:
        return {"dagster/partition_row_count": dg.MetadataValue.int(0)}
    posts = preview_posts(conn, snapshot_id)
    rejects = rejects_by_reason(conn, snapshot_id) if report.rows_rejected else []
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(report.posts),
        "rows_read": dg.MetadataValue.int(report.rows_read),
        "posts_new": dg.MetadataValue.int(report.posts_new),
        "posts_updated": dg.MetadataValue.int(report.posts_updated),
        "posts_unchanged": dg.MetadataValue.int(report.posts_unchanged),
        "metrics_added": dg.MetadataValue.int(report.metrics_added),
        "rows_repaired": dg.MetadataValue.int(report.repaired_rows),
        "rows_rejected": dg.MetadataValue.int(report.rows_rejected),
        # who was forgotten is known again by a hash alone, and left out
        "rows_of_forgotten": dg.MetadataValue.int(report.forgotten),
        "rejected": table(("reason", "code", "rows", "for example"), rejects),
        "preview": table(
            ("posted", "kind", "author", "text", "likes", "comments"),
            ((p.posted_at, p.kind, p.author, p.text, p.like_count, p.comment_count) for p in posts),
        ),
    }


def _match(_conn: Connection, outcome: Outcome) -> dict[str, dg.MetadataValue]:
    report = outcome.match
    if report is None:
        return {"dagster/partition_row_count": dg.MetadataValue.int(0)}
    names: dict[str, dg.MetadataValue] = {}
    if report.names.ids_learnt:
        names["user_ids_learnt"] = dg.MetadataValue.int(report.names.ids_learnt)
    if report.names.new_names:
        names["new_names"] = table(
            ("creator", "formerly", "now", "since", "taken by (then nothing was recorded)"),
            ((n.creator_id, n.former_key, n.new_key, n.changed_at, n.taken_by) for n in report.names.new_names),
        )
    return {
        **names,
        "dagster/partition_row_count": dg.MetadataValue.int(sum(report.by_role.values())),
        "posts": dg.MetadataValue.int(report.posts),
        "posts_matched": dg.MetadataValue.int(report.matched_posts),
        "by_role": table(("role", "matches"), sorted(report.by_role.items())),
        "by_method": table(("method", "matches"), sorted(report.by_method.items())),
        "preview": table(
            ("creator", "role", "method", "confidence", "posted", "text"),
            ((m.creator, m.role, m.method, m.confidence, m.posted_at, m.text) for m in report.preview),
        ),
    }
