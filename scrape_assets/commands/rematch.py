"""`scrape-assets rematch`: match creators again over everything that was collected. Asks no source, pays nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from scrape_assets.commands.collect import read_platform
from scrape_assets.commands.progress import Standing, followed
from scrape_assets.commands.terminal import CommandFailed, err, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.targets import rematch as flow
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.creators import existing_ids
from scrape_assets.storage.matching.creators import (
    Concerned,
    RematchReport,
    added_up,
    changed_creators,
    concerned,
    count_changed,
    followed_creators,
)


def rematch(
    creator: Annotated[list[str] | None, typer.Option(help="This creator; may be given several times.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform; alone: everybody on it.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="All creators.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be looked at; change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Match creators again over all that was ever collected. Without options: those whose profiles have changed.

    For after a creator was added or corrected; the sensor changed_creators does the same by itself while the daemon
    runs. Works from the tables alone: no source is asked, nothing is paid. Doing it again changes nothing.
    """
    if everybody and creator:
        raise typer.BadParameter("name creators, or say --all")
    with one_clear_line():
        prepared = prepare(Settings.from_environment())
        where = None if platform is None else read_platform(platform)
        prepared.engine.dispose()
        with open_context(prepared.settings) as ctx:
            whom, plan = _whom(ctx, creator or [], where, everybody=everybody)
            if not as_json:
                err.print(_plan_in_words(whom, plan, where), highlight=False, soft_wrap=True)
            done = [] if dry_run else _rematch(ctx, whom, where)
            report = added_up([one.report for one in done])
            with ctx.engine.connect() as conn:
                waiting = count_changed(conn)
    if as_json:
        print_json(_as_json(whom, plan, report, waiting))
    elif not dry_run:
        _print(report, waiting)


def _whom(
    ctx: FlowContext, named: Sequence[str], platform: str | None, *, everybody: bool
) -> tuple[list[str], Concerned]:
    with ctx.engine.connect() as conn:
        if named:
            unknown = sorted(set(named) - existing_ids(conn, named) - set(changed_creators(conn, 1_000_000)))
            if unknown:
                raise CommandFailed(f"there is no creator {', '.join(unknown)}")
            whom = sorted(set(named))
        elif everybody or platform:
            whom = followed_creators(conn, platform)
        else:
            whom = changed_creators(conn, 1_000_000)
        return whom, concerned(conn, whom, platform)


def _rematch(ctx: FlowContext, whom: Sequence[str], platform: str | None) -> list[flow.Rematched]:
    done: list[flow.Rematched] = []

    def look() -> Standing:
        creators = sum(len(one.creator_ids) for one in done)
        posts = sum(one.report.posts for one in done)
        return Standing(creators, len(whom), f"matching creators again, {posts:,} posts")

    with followed("matching creators again", look):
        done.extend(flow.rematch(ctx, whom, platform))
    return done


def _plan_in_words(whom: Sequence[str], plan: Concerned, platform: str | None) -> str:
    who = "1 creator" if len(whom) == 1 else f"{len(whom):,} creators"
    where = f" on {platform}" if platform else ""
    return (
        f"{who}{where}: {plan.profiles:,} profiles, seen under {plan.names:,} names, mentioned {plan.mentions:,} "
        f"times, asked for in {plan.snapshots:,} snapshots, {plan.matches:,} matches now. No source is asked."
    )


def _print(report: RematchReport, waiting: int) -> None:
    print_rows(("role", "matches"), sorted(report.by_role.items()))
    out.print(
        f"{report.posts:,} posts looked at: {report.written:,} matches written, {report.removed:,} removed, "
        f"in {report.snapshots:,} snapshots.",
        highlight=False,
        soft_wrap=True,
    )
    for name in report.names.new_names:
        taken = f"; that is {name.taken_by}'s profile, so nothing was recorded" if name.taken_by else ""
        out.print(
            f"{name.creator_id} is {name.new_key} since {name.changed_at:%Y-%m-%d}, formerly {name.former_key}{taken}",
            highlight=False,
            soft_wrap=True,
        )
    if waiting:
        out.print(f"{waiting:,} changed creators still wait: scrape-assets rematch", highlight=False)


def _as_json(whom: Sequence[str], plan: Concerned, report: RematchReport, waiting: int) -> dict[str, object]:
    return {
        "creators": len(whom),
        "concerned": asdict(plan),
        "posts": report.posts,
        "by_role": dict(report.by_role),
        "written": report.written,
        "removed": report.removed,
        "snapshots": report.snapshots,
        "ids_learnt": report.names.ids_learnt,
        "new_names": [asdict(name) for name in report.names.new_names],
        "waiting": waiting,
    }
