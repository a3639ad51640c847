"""`scrape-assets collect`: phase 1 for one day and platform, in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy.engine import Engine

from scrape_assets.commands.dry_run import dry_run
from scrape_assets.commands.dry_run_days import dry_run_days
from scrape_assets.commands.progress import Standing, followed
from scrape_assets.commands.terminal import CommandFailed, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.choosing.choose import check_somebody, standings
from scrape_assets.flow.context import open_context
from scrape_assets.flow.money.budget import check_money
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.flow.wanted.plan import UnknownTarget, named_events, named_profiles
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import JobStatus
from scrape_assets.operations.backfills import DAYS_A_RUN, days_between
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.runtime import export_environment, needs_simulator, prepare, stand_in
from scrape_assets.settings import Settings
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.registry import BRIGHTDATA, NoSource, collectable_platforms, sources_of
from scrape_assets.storage.events import list_events

if TYPE_CHECKING:
    from scrape_assets.in_process import RunResult

FIRST_DATE = date(2025, 1, 1)  # as in partitions.py, which needs Dagster
NO_VENDOR = (
    "no BRIGHTDATA_API_KEY is set and no simulator runs for this data folder: set the key, "
    "or start `scrape-assets up` or `scrape-assets simulate` first"
)


def collect(
    platform: Annotated[str, typer.Option(help=", ".join(collectable_platforms()))],
    day: Annotated[str | None, typer.Option("--date", help="The day, YYYY-MM-DD. Default: today (UTC).")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Days instead of one: the first, YYYY-MM-DD.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last of them. Default: today (UTC).")] = None,
    creator: Annotated[
        list[str] | None,
        typer.Option(help="Only this creator; may be repeated. Default: everybody, and every event of the day."),
    ] = None,
    event: Annotated[list[str] | None, typer.Option(help="Only this event; may be repeated.")] = None,
    force: Annotated[
        bool, typer.Option(help="Ask, and pay, again for what this day has asked already, however lately.")
    ] = False,
    only_show: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked for and cost. Asks nobody, writes nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask for the posts of a day. Waits for no vendor: `scrape-assets process` fetches and loads what came.

    With --from, of several days: one run, and paid once for what is the same on all of them.
    """
    if day is not None and (first or last):
        raise typer.BadParameter("say --date, or --from and --to")
    with one_clear_line():
        settings = Settings.from_environment()
        when, where = read_day(day), read_platform(platform)
        if first or last:
            days = read_days(first, last)
            collect_days(settings, where, days, creator, event, force=force, only_show=only_show, as_json=as_json)
            return
        prepared = prepare(settings)
        if only_show:
            simulator = stand_in(settings)
            settings = export_environment(prepared, simulator)
            dry_run(settings, where, when, creator, event, force=force, as_json=as_json)
            return
        settings = export_environment(prepared, simulator_or_none(settings, where))
        check_before_paying(settings, where, creator, event)
        from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

        with (
            followed(f"asking for {where} {when}", lambda: _standing(prepared.engine, where, when)),
            Assets() as assets,
        ):
            ask = partial(assets.collect, when, where, creator or [], event or [], force=force)
            result = shielded(ask, seconds=COMMAND_SECONDS)
        _tell(prepared.engine, where, when, result, as_json=as_json)
    if not result.success:
        fail(result.error or "the collection failed")


def collect_days(
    settings: Settings,
    where: str,
    days: Sequence[date],
    creator: list[str] | None,
    event: list[str] | None,
    *,
    force: bool,
    only_show: bool,
    as_json: bool,
) -> None:
    """Collect several days, a month a run at the most; say what was asked for in all."""
    prepared = prepare(settings)
    if only_show:
        settings = export_environment(prepared, stand_in(settings))
        dry_run_days(settings, where, days, creator, event, force=force, as_json=as_json)
        return
    settings = export_environment(prepared, simulator_or_none(settings, where))
    check_before_paying(settings, where, creator, event)
    from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

    def ask() -> list[RunResult]:
        with Assets() as assets:
            return [
                assets.collect_days(chunk[0], chunk[-1], where, creator or [], event or [], force=force)
                for chunk in (days[at : at + DAYS_A_RUN] for at in range(0, len(days), DAYS_A_RUN))
            ]

    results = shielded(ask, seconds=COMMAND_SECONDS)
    with prepared.engine.connect() as conn:
        asked = [
            one
            for result in results
            for one in snapshots.list_snapshots(conn, snapshots.SnapshotFilter(run_id=result.run_id), 1_000)
        ]
    errors = [result.error or f"run {result.run_id}" for result in results if not result.success]
    if as_json:
        print_json(
            {
                "from": str(days[0]),
                "to": str(days[-1]),
                "runs": [vars(result) for result in results],
                "snapshots": [{"snapshot_id": s.snapshot_id, "inputs": len(s.sent)} for s in asked],
            }
        )
    else:
        inputs = sum(len(one.sent) for one in asked)
        out.print(
            f"{where} {days[0]} to {days[-1]}: {inputs} inputs asked for in {len(asked)} snapshots, "
            f"{len(results)} runs",
            highlight=False,
            soft_wrap=True,
        )
    if errors:
        fail(errors[0])


def _tell(engine: Engine, where: str, when: date, result: RunResult, *, as_json: bool) -> None:
    with engine.connect() as conn:
        asked = snapshots.list_snapshots(conn, snapshots.SnapshotFilter(run_id=result.run_id), 1_000)
        by_status = jobs.counts_by_status(conn, jobs.JobFilter(platform=where, collection_date=when))
        pending = jobs.list_jobs(conn, jobs.JobFilter(JobStatus.PENDING, where, when), 10_000)
    held_back = Counter(job.error for job in pending if job.error_class is ErrorClass.BUDGET)
    if as_json:
        print_json(
            {
                "run_id": result.run_id,
                "success": result.success,
                "error": result.error,
                "jobs": {str(status): count for status, count in by_status.items()},
                "held_back": held_back,
                "snapshots": [
                    {
                        "snapshot_id": s.snapshot_id,
                        "source": s.source,
                        "vendor_snapshot_id": s.vendor_snapshot_id,
                        "status": str(s.status),
                        "inputs": len(s.sent),
                        "error": s.error,
                    }
                    for s in asked
                ],
            }
        )
        return
    if asked:
        print_rows(
            ("snapshot", "source", "inputs", "status", "at the vendor", "error"),
            ((s.snapshot_id, s.source, len(s.sent), s.status, s.vendor_snapshot_id, s.error) for s in asked),
            give_way=("at the vendor", "inputs"),
        )
    else:
        out.print("nothing new to ask for", highlight=False)
    counts = ", ".join(f"{count} {status}" for status, count in by_status.items() if count)
    out.print(f"jobs of {where} {when}: {counts or 'none'}", highlight=False)
    for why, count in held_back.most_common(5):
        out.print(f"{count} wait: {why}", highlight=False, markup=False, soft_wrap=True)


def _standing(engine: Engine, platform: str, day: date) -> Standing:
    with engine.connect() as conn:
        counts = jobs.counts_by_status(conn, jobs.JobFilter(platform=platform, collection_date=day))
    waiting = counts[JobStatus.PENDING]
    return Standing(sum(counts.values()) - waiting, sum(counts.values()), f"asking for {platform} {day}")


def read_day(text: str | None) -> date:
    """A day of the command line.

    Raises:
        CommandFailed: it is no day, or lies in the future.
    """
    today = datetime.now(UTC).date()
    if text is None:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandFailed(f"{text!r} is no date; write it as YYYY-MM-DD") from None
    if day > today:
        raise CommandFailed(f"{day} lies in the future; today is {today} (UTC)")
    if day < FIRST_DATE:
        raise CommandFailed(f"{day} is too early; the first day that can be collected is {FIRST_DATE}")
    return day


def read_days(first: str | None, last: str | None) -> list[date]:
    """The days from --from to --to, both included.

    Raises:
        CommandFailed: one of them is no day that can be collected, or they are the wrong way round.
    """
    if first is None:
        raise CommandFailed("--to needs --from")
    begin, end = read_day(first), read_day(last)
    if begin > end:
        raise CommandFailed(f"--from {begin} lies after --to {end}")
    return days_between(begin, end)


def read_platform(text: str) -> str:
    """A platform of the command line that can be collected.

    Raises:
        CommandFailed: it is unknown, or nothing collects it yet.
    """
    try:
        platform = parse_platform(text)
        sources_of(platform)
    except (UnknownPlatform, NoSource) as error:
        raise CommandFailed(str(error)) from None
    return str(platform)


def simulator_or_none(settings: Settings, platform: str | None = None) -> str | None:
    """The simulator's address where there is no vendor; None where there is one, or somebody else to ask.

    Raises:
        CommandFailed: there is neither.
    """
    url = stand_in(settings)
    nobody_else = platform is not None and list(sources_of(platform)) == [BRIGHTDATA]
    if url is None and nobody_else and needs_simulator(settings):
        raise CommandFailed(NO_VENDOR)
    return url


def check_before_paying(
    settings: Settings, platform: str, creators: list[str] | None, events: list[str] | None
) -> None:
    """Say what is wrong before anything is asked for: no key, a refused one, an unknown target, nobody to collect.

    Raises:
        SettingsError: the prices or budgets name what there is not.
        CommandFailed: with the reason.
    """
    check_money(settings)
    try:
        with open_context(settings) as ctx, ctx.engine.connect() as conn:
            check_somebody(ctx, standings(ctx, platform))
            everybody = not creators and not events
            profiles = named_profiles(conn, platform, creators or None) if everybody or creators else []
            followed_events = named_events(conn, platform, events) if events else list_events(conn)
    except (SourceError, UnknownTarget, NoSource) as error:
        raise CommandFailed(str(error)) from None
    if not profiles and not followed_events:
        raise CommandFailed(
            f"no creator has a {platform} profile, and there is no event; import some: "
            "scrape-assets creators import FILE.csv, scrape-assets events import FILE.json"
        )
