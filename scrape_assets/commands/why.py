"""`scrape-assets why`: why a job or snapshot waits, and what happened to it so far. Changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import open_context
from scrape_assets.flow.money.prices import dollars
from scrape_assets.operations.explain import Cost, Explained, NotOne, explain
from scrape_assets.runtime import export_environment, prepare, stand_in
from scrape_assets.settings import Settings


def why(
    which: Annotated[str, typer.Argument(metavar="ID", help="Of a job or snapshot; enough of its beginning will do.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many lines of what happened, the latest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say in plain words why a job or snapshot waits, and what happened to it."""
    with one_clear_line():
        settings = Settings.from_environment()
        prepared = prepare(settings)
        simulator = stand_in(settings)
        with open_context(export_environment(prepared, simulator)) as ctx:
            try:
                explained = explain(ctx, which)
            except NotOne as error:
                raise CommandFailed(str(error)) from None
    if as_json:
        print_json(_as_json(explained))
        return
    _say(_headline(explained))
    for line in explained.why:
        _say(f"- {line}")
    for cost in explained.costs:
        _say(f"cost: {_cost_in_words(cost)}")
    if explained.run_id:
        _say(f"run: {explained.run_id}")
    happened = sorted(_time_line(explained), key=lambda line: line[0])
    if len(happened) > limit:
        _say(f"({len(happened) - limit} earlier lines are left out: --limit)")
    print_rows(("when (UTC)", "what", "remark"), happened[-limit:])


def _say(line: str) -> None:
    out.print(line, highlight=False, markup=False, soft_wrap=True)


def _headline(explained: Explained) -> str:
    job, snapshot = explained.job, explained.snapshot
    if job:
        return (
            f"job {job.job_id}: {job.status}; {job.target_kind} {job.target_id} on {job.platform}, "
            f"{job.collection_date}, priority {job.priority}"
        )
    assert snapshot  # noqa: S101 - one of the two is there
    return f"snapshot {snapshot.snapshot_id}: {snapshot.status}; {len(snapshot.inputs)} inputs at {snapshot.source}"


def _cost_in_words(cost: Cost) -> str:
    if cost.cost_usd is not None:
        amount = dollars(cost.cost_usd)
    elif cost.estimated_usd is not None:
        amount = f"about {dollars(cost.estimated_usd)}, reserved until it is delivered"
    else:
        amount = "not known"
    shared = f", for {cost.jobs} jobs together" if cost.jobs > 1 else ""
    return f"{amount} (snapshot {cost.snapshot_id}{shared})"


def _time_line(explained: Explained) -> Iterator[tuple[datetime, str, str | None]]:
    yield explained.began, "asked for", None
    own = (explained.job and explained.job.job_id) or (explained.snapshot and explained.snapshot.snapshot_id)
    for change in explained.changes:
        whose = "" if change.subject_id == own else f"{change.kind} "
        yield change.changed_at, f"{whose}{change.from_status} → {change.to_status}", change.error
    for call in explained.calls:
        answer = f"HTTP {call.status_code}" if call.status_code else "no answer"
        yield call.started_at, f"{call.source} {call.operation}: {answer}, {call.duration_ms} ms", call.error


def _as_json(explained: Explained) -> dict[str, Any]:
    return {
        "job": explained.job and dataclasses.asdict(explained.job),
        "snapshot": explained.snapshot and dataclasses.asdict(explained.snapshot),
        "why": explained.why,
        "changes": [dataclasses.asdict(change) for change in explained.changes],
        "calls": [dataclasses.asdict(call) for call in explained.calls],
        "costs": [dataclasses.asdict(cost) for cost in explained.costs],
        "run_id": explained.run_id,
    }
