"""`scrape-assets jobs`, `snapshots` and `status`: what the ledger knows. Changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from scrape_assets.commands.lanes import print_lanes, troubled_lanes
from scrape_assets.commands.sources import standings_now
from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import open_context
from scrape_assets.ledger import jobs as job_ledger
from scrape_assets.ledger import snapshots as snapshot_ledger
from scrape_assets.ledger.snapshots.expiry import Unread, unread
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.operations.spending import money_lines
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.runtime import needs_simulator, prepare, running_simulator
from scrape_assets.settings import Settings
from scrape_assets.storage.reading import profile_counts

Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PlatformName = Annotated[str | None, typer.Option("--platform", help="Only this platform.")]


def _platform(name: str | None) -> str | None:
    try:
        return None if name is None else str(parse_platform(name))
    except UnknownPlatform as error:
        raise CommandFailed(str(error)) from None


def jobs(
    platform: PlatformName = None,
    status: Annotated[JobStatus | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what was asked for, and how it fared."""
    with one_clear_line():
        where = job_ledger.JobFilter(platform=_platform(platform), status=status)
        with prepare(Settings.from_environment()).engine.connect() as conn:
            found = job_ledger.list_jobs(conn, where, limit)
    if as_json:
        print_json([dataclasses.asdict(job) for job in found])
        return
    print_rows(
        ("job", "target", "platform", "day", "priority", "status", "tries", "posts", "snapshot", "remark"),
        (
            (
                j.job_id,
                j.target_id,
                j.platform,
                j.collection_date,
                j.priority,
                j.status,
                j.attempts,
                j.posts_found,
                j.snapshot_id,
                j.error or j.warning,
            )
            for j in found
        ),
        give_way=("priority", "tries", "platform", "job", "snapshot"),
    )


def snapshots(
    platform: PlatformName = None,
    status: Annotated[SnapshotStatus | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what the vendor was asked for, and what came."""
    with one_clear_line():
        where = snapshot_ledger.SnapshotFilter(platform=_platform(platform), status=status)
        with prepare(Settings.from_environment()).engine.connect() as conn:
            found = snapshot_ledger.list_snapshots(conn, where, limit)
    if as_json:
        print_json([dataclasses.asdict(snapshot) for snapshot in found])
        return
    print_rows(
        ("snapshot", "status", "inputs", "posts", "matched", "rejected", "asked", "next look", "error"),
        (
            (
                s.snapshot_id,
                s.status,
                len(s.sent),
                s.posts_retrieved,
                s.posts_matched,
                s.rows_rejected,
                s.checks,
                s.next_check_at,
                s.error,
            )
            for s in found
        ),
        give_way=("asked", "inputs", "next look", "rejected", "matched"),
    )


def status(as_json: AsJson = False) -> None:
    """Show what is configured, what is open and what needs a person."""
    with one_clear_line():
        settings = Settings.from_environment()
        prepared = prepare(settings)
        stands = standings_now(settings, prepared)
        with open_context(settings) as ctx:
            money = money_lines(ctx)
        with prepared.engine.connect() as conn:
            expiring = unread(conn, datetime.now(UTC), settings.expiry_alarm)
            job_counts = job_ledger.counts_by_status(conn)
            snapshot_counts = snapshot_ledger.counts_by_status(conn)
            profiles = profile_counts(conn)
            troubled = [
                *job_ledger.list_jobs(conn, job_ledger.JobFilter(status=JobStatus.DEAD), 10),
                *job_ledger.list_jobs(conn, job_ledger.JobFilter(status=JobStatus.FAILED), 10),
            ]
            unknown = snapshot_ledger.list_snapshots(
                conn, snapshot_ledger.SnapshotFilter(status=SnapshotStatus.UNKNOWN), 10
            )
    report: dict[str, Any] = {
        "data_folder": str(settings.home_folder),
        "database": "embedded" if prepared.address.embedded else prepared.address.application.render_as_string(),
        "payloads": settings.payload_url,
        "vendor": _vendor(settings),
        "sources": [{"platform": platform, "source": one.source, "why_not": one.why_not} for platform, one in stands],
        "lanes": troubled_lanes(prepared.engine),
        "profiles": {count.platform: count.profiles for count in profiles},
        "jobs": {str(key): value for key, value in job_counts.items()},
        "snapshots": {str(key): value for key, value in snapshot_counts.items()},
        "needs_a_person": [
            {"job_id": job.job_id, "target": job.target_id, "status": str(job.status), "error": job.error}
            for job in troubled
        ],
        "unknown": [{"snapshot_id": s.snapshot_id, "error": s.error} for s in unknown],
        "unread": [dataclasses.asdict(one) for one in expiring],
        "money": money,
    }
    if as_json:
        print_json(report)
        return
    for name in ("data_folder", "database", "payloads", "vendor"):
        out.print(f"{name.replace('_', ' ')}: {report[name]}", highlight=False, markup=False, soft_wrap=True)
    followed = set(report["profiles"])
    idle = [(platform, one.source, one.why_not) for platform, one in stands if one.why_not and platform in followed]
    ready = {f"{platform} ({one.source})" for platform, one in stands if not one.why_not and platform in followed}
    out.print(f"sources: {', '.join(sorted(ready)) or 'none'}", highlight=False, soft_wrap=True)
    if idle:
        print_rows(("platform", "source", "why it is not asked"), idle)
    print_lanes(report["lanes"])
    for name in ("profiles", "jobs", "snapshots"):
        counts = ", ".join(f"{count} {key}" for key, count in report[name].items() if count)
        out.print(f"{name}: {counts or 'none'}", highlight=False)
    for line in money:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    if troubled:
        print_rows(
            ("job", "target", "status", "why"),
            ((j.job_id, j.target_id, j.status, j.error) for j in troubled),
            title="needs a person",
            give_way=("job",),
        )
    if expiring:
        print_rows(
            ("snapshot", "status", "expires", "why"),
            ((s.snapshot_id, s.status, s.expires_at, s.error) for s in expiring[:10]),
            title=_about_to_expire(expiring),
        )
    if unknown:
        print_rows(("snapshot", "why"), ((s.snapshot_id, s.error) for s in unknown), title="answer lost")


def _about_to_expire(expiring: Sequence[Unread]) -> str:
    lost = sum(one.expired for one in expiring)
    counts = {"expires unread at the vendor soon": len(expiring) - lost, "expired unread, and is lost": lost}
    return ", ".join(f"{number} {what}" for what, number in counts.items() if number)


def _vendor(settings: Settings) -> str:
    if not needs_simulator(settings):
        return f"{settings.brightdata_api_url} ({'key set' if settings.brightdata_api_key else 'no key'})"
    url = running_simulator(settings)
    return f"simulator at {url}" if url else "not configured: no BRIGHTDATA_API_KEY, and no simulator runs"
