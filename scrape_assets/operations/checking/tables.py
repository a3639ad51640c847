"""Judging the tables as a whole: nothing twice, nothing without its parent, no profile with two owners."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from scrape_assets.flow.context import FlowContext
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.storage.payloads.files import ArchiveFiles
from scrape_assets.storage.quality import whole

SHOWN = 20
EVER = datetime(1970, 1, 1, tzinfo=UTC)
_FIGURES_DEPEND_ON = {"creator_content", "event_posts"}


def one_post_one_id(ctx: FlowContext) -> Verdict:
    """No address under two ids, among the posts of some days."""
    days = ctx.settings.checks.duplicates_days
    rows = whole.one_address_two_ids(ctx.now() - timedelta(days=days))
    with ctx.engine.connect() as conn:
        found = rows.look(conn, SHOWN)
    if not found.count:
        return Verdict(True, f"each address of the last {days} days stands for one post")
    platforms = ", ".join(sorted({str(row[0]) for row in found.rows}))
    return Verdict(
        False,
        f"{found.count} addresses of the last {days} days stand under more than one id ({platforms})",
        Severity.WARN,
        {"addresses": found.count},
        {"addresses": Listing.found(found)},
        rows,
    )


def one_owner(ctx: FlowContext) -> Verdict:
    """No profile and no account with two owners at a time."""
    rows = whole.profiles_of_two()
    with ctx.engine.connect() as conn:
        found = rows.look(conn, SHOWN)
    if not found.count:
        return Verdict(True, "no profile belongs to two creators at a time")
    platform, claimed, one, other = found.rows[0][:4]
    return Verdict(
        False,
        f"{found.count} profiles belong to two creators at a time: {claimed} ({platform}) to {one} and {other}",
        Severity.ERROR,
        {"profiles": found.count},
        {"profiles": Listing.found(found)},
        rows,
    )


def no_orphans(ctx: FlowContext) -> Verdict:
    """No row without its post or snapshot, in samples."""
    now, kept_days = ctx.now(), ctx.settings.keep_days.scrape_jobs
    kept_since = now - timedelta(days=kept_days) if kept_days else EVER
    with ctx.engine.connect() as conn:
        rows = whole.orphans(conn, ctx.settings.checks.sampled_rows, now.date().toordinal(), kept_since)
        found = rows.look(conn, limit=1_000)
    if not found.count:
        return Verdict(True, "no row of the samples lacks its post or its snapshot")
    tables = Counter((str(row[0]), str(row[4])) for row in found.rows)
    told = ", ".join(f"{count} of {table} without {lacks}" for (table, lacks), count in sorted(tables.items()))
    return Verdict(
        False,
        f"{found.count} rows of the samples lack their parent: {told}",
        Severity.ERROR if any(table in _FIGURES_DEPEND_ON for table, _ in tables) else Severity.WARN,
        {"orphans": found.count},
        {"orphans": Listing.of(("table", "platform", "post", "snapshot", "lacks"), found.rows[:SHOWN])},
        rows,
    )


def _is_still_at(ctx: FlowContext, one: whole.Kept) -> bool:
    """Whether the ledger still says so: meanwhile it may have moved to the archive, or been removed."""
    with ctx.engine.connect() as conn:
        return whole.is_still_at(conn, one)


def payloads_kept(ctx: FlowContext) -> Verdict:
    """The payloads that are looked for lie in the archive. An archive that does not answer is judged as bad."""
    sampled = ctx.settings.checks.sampled_payloads
    newest = (sampled + 1) // 2
    with ctx.engine.connect() as conn:
        kept = whole.kept_payloads(conn, newest, sampled - newest, ctx.now().date().toordinal())
    gone = []
    for one in kept:
        ctx.stop.look()
        folder, _, name = one.payload_uri.rpartition("/")
        try:
            if not ArchiveFiles(folder).exists(name) and _is_still_at(ctx, one):
                gone.append((one, "it is not there"))
        except OSError as error:
            gone.append((one, f"the archive does not answer: {error.strerror or error}"))
    if not gone:
        return Verdict(True, f"{len(kept)} payloads were looked for, and are there" if kept else "no payload yet")
    free = [one for one, _ in gone if one.vendor_keeps_until and one.vendor_keeps_until > ctx.now()]
    return Verdict(
        False,
        f"{len(gone)} of {len(kept)} payloads that were looked for are missing ({gone[0][1]}), {len(free)} of them "
        "are still at the vendor",
        Severity.ERROR,
        {"looked_for": len(kept), "missing": len(gone), "still_at_the_vendor": len(free)},
        {
            "missing": Listing.of(
                ("snapshot", "payload", "why", "the vendor keeps it until"),
                ((one.snapshot_id, one.payload_uri, why, one.vendor_keeps_until) for one, why in gone[:SHOWN]),
            )
        },
        whole.snapshots_named([one.snapshot_id for one, _ in gone]),
    )
