"""`scrape-assets media`: take the attachments of matched posts, in this process; or say what that would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from scrape_assets.commands.collect import read_platform
from scrape_assets.commands.terminal import CommandFailed, err, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.media.take import due, list_only, platforms_on
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.ledger import snapshots
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.media.listing import Listed
from scrape_assets.storage.media.reading import STATUSES, Standing, standing

MOST = 10_000


def media(
    snapshot: Annotated[list[str] | None, typer.Option(help="This snapshot; may be given several times.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only what is due on this platform.")] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also what was refused, given up or has expired; needs --snapshot.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be fetched; fetch nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Download the attachments of matched posts. Without options: those of all snapshots that are due.

    Only on the platforms that SCRAPE_ASSETS_MEDIA_PLATFORMS names; --dry-run tells of others too. Again, it fetches
    only what is missing. The sensor media_due does the same by itself while the daemon runs.
    """
    if snapshot and platform:
        raise typer.BadParameter("name snapshots or a platform")
    if retry and not snapshot:
        raise typer.BadParameter("--retry is for snapshots that are named")
    with one_clear_line():
        prepared = prepare(Settings.from_environment())
        settings = prepared.settings if dry_run else export_environment(prepared)
        prepared.engine.dispose()
        with open_context(settings) as ctx:
            on = platforms_on(ctx)
            asked = _asked(ctx, snapshot or [], platform, on, dry_run=dry_run)
            if dry_run:
                plan = list_only(ctx, list(asked), retry=retry)
                _tell_plan(plan, on, as_json=as_json)
                return
            errors = shielded(partial(_run, asked, named=bool(snapshot), retry=retry), seconds=COMMAND_SECONDS)
            with ctx.engine.connect() as conn:
                found = {one: standing(conn, [one]) for one in asked}
    _tell(found, errors, as_json=as_json)
    if errors:
        fail(errors[0] if len(errors) == 1 else f"{len(errors)} runs failed, the first: {errors[0]}")


def _asked(
    ctx: FlowContext, named: Sequence[str], platform: str | None, on: Sequence[str], *, dry_run: bool
) -> dict[str, str]:
    """Snapshots with their partitions.

    Raises:
        CommandFailed: one of them does not exist, or media are off where it is.
    """
    if not named:
        wanted = list(on) if platform is None else [read_platform(platform)]
        if not dry_run:
            _check_on(wanted, on)
        elif not wanted:
            raise CommandFailed("media are off everywhere: say --platform or --snapshot to see what they would be")
        return due(ctx, wanted, None, most=MOST)
    with ctx.engine.connect() as conn:
        known = {one.snapshot_id: one for one in snapshots.by_partition_keys(conn, named).values()}
    unknown = sorted(set(named) - known.keys())
    if unknown:
        raise CommandFailed(f"there is no snapshot {', '.join(unknown)}")
    if not dry_run:
        _check_on(sorted({one.platform for one in known.values()}), on)
    return {one.snapshot_id: one.partition_key for one in known.values()}


def _check_on(platforms: Sequence[str], on: Sequence[str]) -> None:
    off = sorted(set(platforms) - set(on))
    if off or not platforms:
        which = f"of {', '.join(off)} " if off else ""
        raise CommandFailed(
            f"media {which}are off, so nothing is downloaded; to have them, name the platforms in "
            'SCRAPE_ASSETS_MEDIA_PLATFORMS, such as ["instagram"]'
        )


def _run(asked: dict[str, str], *, named: bool, retry: bool) -> list[str]:
    if not asked:
        return []
    from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

    with Assets() as assets:
        runs = assets.media(list(asked.values()), named=named, retry=retry)
        return [result.error or f"run {result.run_id} failed" for _, result in runs if not result.success]


def _tell_plan(plan: dict[str, tuple[Listed, int]], on: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        listed = [{"snapshot_id": one, **asdict(what), "to_fetch": count} for one, (what, count) in plan.items()]
        print_json({"dry_run": True, "on": list(on), "snapshots": listed})
        return
    print_rows(
        ("snapshot", "posts", "attachments", "to fetch", "left out", "announced bytes"),
        ((one, what.posts, what.files, count, what.left_out, _announced(what)) for one, (what, count) in plan.items()),
        give_way=("left out",),
    )
    files = sum(count for _, count in plan.values())
    out.print(f"{files} files would be fetched; nothing was changed", highlight=False)
    err.print(f"media are on for: {', '.join(on) or 'no platform'}", highlight=False)


def _announced(listed: Listed) -> str:
    if not listed.announced_files:
        return "-"
    return f"{listed.announced_bytes:,} of {listed.announced_files} of {listed.files} files"


def _tell(found: dict[str, Standing], errors: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        told = [
            {
                "snapshot_id": one,
                **{status: how.files.get(status, 0) for status in STATUSES},
                "files_in_store": how.distinct,
                "bytes": how.bytes,
                "next_attempt_at": how.next_attempt_at,
            }
            for one, how in found.items()
        ]
        print_json({"dry_run": False, "snapshots": told, "errors": list(errors)})
        return
    if found:
        print_rows(
            ("snapshot", *STATUSES, "bytes"),
            ((one, *(how.files.get(status, 0) for status in STATUSES), f"{how.bytes:,}") for one, how in found.items()),
            give_way=("failed", "refused"),
        )
    stored = sum(how.files.get("stored", 0) for how in found.values())
    out.print(f"{len(found)} snapshots, {stored} attachments are here; all: the table media_files", highlight=False)
