"""What housekeeping does, task by task, and in which words: for the assets that do it and the command that asks first.

Each task is safe at any time. What it works with lies in registered.py, run_history.py and operations/.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import dagster as dg

from scrape_assets.flow.context import FlowContext
from scrape_assets.markdown import table
from scrape_assets.operations import archiving, database_health
from scrape_assets.operations.backfills import of_retirement
from scrape_assets.registered import registered_keys, retire_some
from scrape_assets.run_history import prune

# Of each of the two of Dagster; the whole run stays below the time after which it is taken for dead.
TIME_A_TASK = timedelta(minutes=1)
# What the UI's partition lists ask for the state of.
SHOWN_IN_LISTS = dg.AssetKey("raw_posts")
TABLES_SHOWN = 30
TABLE_HEADERS = ("database", "table", "MB", "indexes MB", "rows", "dead", "dead MB", "vacuumed", "id age")
INDEX_HEADERS = ("database", "index", "of", "MB")


@dataclass(frozen=True)
class Told:
    """What a task did, or would do."""

    said: str  # one line
    figures: Mapping[str, int | float | bool | str]
    shown: Mapping[str, dg.MarkdownMetadataValue] = field(default_factory=dict)
    warnings: Sequence[str] = ()


Do = Callable[[dg.DagsterInstance, FlowContext, bool], Told]


def retire_partitions(instance: dg.DagsterInstance, ctx: FlowContext, rehearse: bool) -> Told:
    """Take the oldest finished snapshots out of the UI's lists, where these are too long to be quick."""
    registered, seconds = _timed(instance)
    keep = ctx.settings.keep_partitions
    with ctx.engine.connect() as conn:
        old = of_retirement(conn, registered, None, keep)
    retired = len(old) if rehearse else retire_some(instance, old, _clock(ctx))
    left = len(registered) - retired
    figures: dict[str, int | float | bool | str] = {
        "before": len(registered),
        "retired": retired,
        "left": left,
        "keep": keep,
        "finished": retired == len(old),
        "ui_seconds_before": seconds,
    }
    if retired and not rehearse:
        figures["ui_seconds_after"] = _timed(instance)[1]
    if retired:
        return Told(f"{retired:,} of {len(registered):,} snapshot partitions leave the UI's lists", figures)
    why = f"from {keep:,} on the oldest finished are retired"
    return Told(f"nothing to do: the UI lists {left:,} snapshot partitions, {why}", figures)


def prune_runs(instance: dg.DagsterInstance, ctx: FlowContext, rehearse: bool) -> Told:
    """Remove Dagster's old runs with their logs, but what the UI shows as the newest of something."""
    days = ctx.settings.keep_runs_days
    if not days:
        return Told("nothing to do: SCRAPE_ASSETS_KEEP_RUNS_DAYS is 0, runs are kept for ever", {"removed": 0})
    told = prune(instance, ctx.now() - timedelta(days=days), rehearse=rehearse, go_on=_clock(ctx))
    figures = {"old": told.old, "removed": told.removed, "kept": told.kept, "days": days, "finished": told.finished}
    if not told.old:
        return Told(f"nothing to do: no run is older than {days} days", figures)
    stay = f"; {told.kept:,} stay, which hold the newest state of a partition" if told.kept else ""
    return Told(f"{told.removed:,} runs of {told.old:,} that are older than {days} days go{stay}", figures)


def archive_payloads(_: dg.DagsterInstance, ctx: FlowContext, rehearse: bool) -> Told:
    """Move old payloads to the cheaper place, if there is one."""
    told = archiving.rehearse(ctx) if rehearse else archiving.archive(ctx)
    if told.place is None:
        return Told("nothing to do: SCRAPE_ASSETS_ARCHIVE_URL is not set, payloads stay where they are", {"moved": 0})
    moved = told.left if rehearse else told.moved
    figures: dict[str, int | float | bool | str] = {
        "moved": moved.rows,
        "moved_bytes": moved.bytes,
        "left": told.left.rows,
        "in_archive": told.there.rows,
        "in_archive_bytes": told.there.bytes,
        "damaged": len(told.damaged),
        "archive": told.place,
        "days": told.days,
    }
    shown = {"damaged_payloads": table(("snapshot", "why"), told.damaged.items())} if told.damaged else {}
    warnings = [f"{one} cannot be archived: {why}" for one, why in told.damaged.items()]
    said = f"{moved.rows:,} payloads ({moved.bytes / 1e6:,.1f} MB) older than {told.days} days move to {told.place}"
    return Told(
        said if moved.rows else f"nothing to do: no payload {told.days} days old is elsewhere", figures, shown, warnings
    )


def check_databases(_: dg.DagsterInstance, ctx: FlowContext, rehearse: bool) -> Told:
    """Vacuum what autovacuum has not got to, mend invalid indexes, and say how the databases do."""
    reports = database_health.rehearse(ctx) if rehearse else database_health.look_after(ctx)
    vacuumed = [name for report in reports for name in report.vacuumed]
    mended = [name for report in reports for name in report.mended]
    skipped = {name: why for report in reports for name, why in report.skipped.items()}
    warnings = [f"{report.server.database}: {warning}" for report in reports for warning in report.warnings]
    figures: dict[str, int | float | bool | str] = {
        "vacuumed": len(vacuumed),
        "indexes_mended": len(mended),
        "skipped": len(skipped),
        "warnings": len(warnings),
    }
    for report in reports:
        server = report.server
        figures |= {
            f"{server.database}_bytes": server.bytes,
            f"{server.database}_dead_bytes": sum(one.dead_bytes for one in report.tables),
            f"{server.database}_unused_index_bytes": sum(one.bytes for one in report.unused),
            f"{server.database}_xid_age": server.xid_age,
        }
    figures["connections"] = f"{reports[0].server.connections} of {reports[0].server.max_connections}"
    shown = {
        "tables": table(TABLE_HEADERS, _tables(reports)),
        "unused_indexes": table(INDEX_HEADERS, _unused(reports)),
        "skipped_because": table(("table or index", "why"), skipped.items()),
        "warned_of": table(("what",), [(warning,) for warning in warnings]),
    }
    done = [f"vacuumed {', '.join(vacuumed)}"] if vacuumed else []
    done += [f"mended {', '.join(mended)}"] if mended else []
    done += [f"skipped {len(skipped)}"] if skipped else []
    size = sum(report.server.bytes for report in reports) / 1e6
    healthy = f"nothing to do: {size:,.0f} MB, no table with too many dead rows, no invalid index"
    return Told("; ".join(done) or healthy, figures, shown, warnings)


TASKS: dict[str, Do] = {
    "retired_partitions": retire_partitions,
    "pruned_runs": prune_runs,
    "archived_payloads": archive_payloads,
    "database_health": check_databases,
}
"""In the order in which one run does them."""


def _clock(ctx: FlowContext) -> Callable[[], bool]:
    """Whether there is time left; raises when it is time to stop."""
    until = ctx.now() + TIME_A_TASK

    def go_on() -> bool:
        ctx.stop.look()
        return ctx.now() < until

    return go_on


def _timed(instance: dg.DagsterInstance) -> tuple[list[str], float]:
    """The registered keys, and how long they and the states of one asset take: what the UI's lists ask for."""
    began = time.perf_counter()
    registered = registered_keys(instance)
    instance.get_materialized_partitions(SHOWN_IN_LISTS)
    return registered, round(time.perf_counter() - began, 3)


def _tables(reports: Sequence[database_health.Report]) -> list[tuple[object, ...]]:
    return [
        (
            report.server.database,
            one.name,
            f"{one.bytes / 1e6:,.1f}",
            f"{one.index_bytes / 1e6:,.1f}",
            f"{one.rows:,}",
            f"{one.dead_share:.0%}",
            f"{one.dead_bytes / 1e6:,.1f}",
            one.vacuumed_at,
            f"{one.xid_age:,}",
        )
        for report in reports
        for one in report.tables[:TABLES_SHOWN]
    ]


def _unused(reports: Sequence[database_health.Report]) -> list[tuple[object, ...]]:
    return [
        (report.server.database, one.name, one.table, f"{one.bytes / 1e6:,.1f}")
        for report in reports
        for one in report.unused[:TABLES_SHOWN]
    ]
