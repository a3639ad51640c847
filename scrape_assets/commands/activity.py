"""`scrape-assets activity`: compute what days came to, in this process. Asks nobody, pays nothing."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Annotated

import typer
from sqlalchemy.engine import Engine

from scrape_assets.commands.collect import FIRST_DATE, read_day
from scrape_assets.commands.terminal import CommandFailed, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.activity_rows import CreatorDay, EventDay, covered_events, top_creators

CREATORS_SHOWN = 10
EVENTS_SHOWN = 10


def activity(
    first: Annotated[
        str | None, typer.Option("--from", help="First day, YYYY-MM-DD, UTC. Default: a few days before the last.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD, UTC. Default: today.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute what days came to: posts, reach, engagement and growth of creators, and how events are covered.

    A range of days is one run and one pass over the tables.
    """
    with one_clear_line():
        settings = Settings.from_environment()
        begin, end = read_range(first, last, settings.activity_days)
        prepared = prepare(settings)
        export_environment(prepared)
        from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

        with Assets() as assets:
            result = shielded(partial(assets.activity, begin, end), seconds=COMMAND_SECONDS)
        creators, events = _shown(prepared.engine, begin, end)
        if as_json:
            print_json(
                {
                    "run_id": result.run_id,
                    "success": result.success,
                    "error": result.error,
                    "from": str(begin),
                    "to": str(end),
                    "top_creators": [vars(one) for one in creators],
                    "events": [vars(one) for one in events],
                }
            )
        elif result.success:
            _print(begin, end, creators, events)
    if not result.success:
        fail(result.error or "the days could not be computed")


def read_range(first: str | None, last: str | None, days_before: int) -> tuple[date, date]:
    """A range of days of the command line, both included.

    Raises:
        CommandFailed: one of them is no day that can be computed, or they are the wrong way round.
    """
    end = read_day(last)
    begin = max(end - timedelta(days=days_before), FIRST_DATE) if first is None else read_day(first)
    if begin > end:
        raise CommandFailed(f"--from {begin} lies after --to {end}")
    return begin, end


def _shown(engine: Engine, first: date, last: date) -> tuple[list[CreatorDay], list[EventDay]]:
    """The best of each day, newest first."""
    with engine.connect() as conn:
        by_day = top_creators(conn, first, last, CREATORS_SHOWN)
        covered = covered_events(conn, first, last, EVENTS_SHOWN)
    return (
        [one for day in sorted(by_day, reverse=True) for one in by_day[day]],
        [one for day in sorted(covered, reverse=True) for one in covered[day]],
    )


def _print(first: date, last: date, creators: list[CreatorDay], events: list[EventDay]) -> None:
    if creators:
        headers = ("day", "creator", "platform", "posts", "reposts", "mentioned", "engagement", "reach", "growth")
        print_rows(headers, map(_of_creator, creators), give_way=("mentioned", "reposts", "reach"))
    if events:
        headers = ("day", "event", "platform", "posts", "authors", "asked", "completed", "failed", "found")
        print_rows(headers, map(_of_event, events), give_way=("authors", "completed"))
    if not creators and not events:
        out.print("no creator wrote or is mentioned, and no event is talked about", highlight=False)
    out.print(f"{first} to {last} computed; all rows: creator_activity, event_coverage", highlight=False)


def _of_creator(c: CreatorDay) -> tuple[object, ...]:
    return (c.day, c.creator, c.platform, c.posts, c.reposts, c.mentioned, c.engagement, c.reach, c.growth_in_words)


def _of_event(e: EventDay) -> tuple[object, ...]:
    jobs = (e.jobs_asked, e.jobs_completed, e.jobs_failed, e.posts_found)
    return (e.day, e.event, e.platform, e.posts, e.authors, *jobs)
