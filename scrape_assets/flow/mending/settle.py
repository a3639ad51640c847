"""Triggers whose answer was lost: what the vendor's own list says about them decides, never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.closing import close_failed, end_or_retry
from scrape_assets.flow.mending.salvage import salvage
from scrape_assets.flow.mending.vendor_list import CLOCK_SKEW, VendorList
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets.sources.brightdata.model import ListedSnapshot
from scrape_assets.sources.errors import Shut, SourceError
from scrape_assets.sources.registry import BRIGHTDATA

AT_ONCE = 200


@dataclass(frozen=True)
class SettleReport:
    """Snapshot ids by what was found out."""

    found: list[str] = field(default_factory=list)  # the vendor has it: it goes on as if the answer had come
    never_accepted: list[str] = field(default_factory=list)  # the vendor has no such job: its inputs are asked again
    still_unknown: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)  # it will never be known; a person decides
    errors: list[str] = field(default_factory=list)  # the list itself could not be read


def settle_unknown(ctx: FlowContext) -> SettleReport:
    """Look every `unknown` snapshot up in the vendor's list.

    One that is listed with our inputs, or whose rows answer them where the vendor keeps no inputs, continues as
    accepted. One that is not listed although the vendor has had `unknown_grace_seconds` to list it was never accepted,
    and its jobs go back to pending. Everything between stays unknown and is looked up again later; what the vendor
    keeps silent about until the deadline of snapshots is given up, since to ask again could be to pay twice.
    """
    report = SettleReport()
    with ctx.engine.connect() as conn:
        unknown = snapshots.unknown_due(conn, ctx.now(), AT_ONCE)
    by_dataset: dict[str, list[Snapshot]] = {}
    for snapshot in unknown:
        if snapshot.source != BRIGHTDATA:
            _note_salvaged(ctx, snapshot, report)
            continue
        by_dataset.setdefault(snapshot.dataset_id or "", []).append(snapshot)
    for dataset_id, group in by_dataset.items():
        since = min(snapshot.created_at for snapshot in group) - CLOCK_SKEW
        try:
            listed: VendorList | str = VendorList(ctx, dataset_id, since)
        except Shut:
            break  # nobody was asked, nor would be about another dataset: all stay due
        except SourceError as error:
            report.errors.append(str(error))
            listed = f"the vendor's list could not be read: {error}"
        settle_against(ctx, group, listed, report)
    return report


def settle_against(
    ctx: FlowContext, unknown: Sequence[Snapshot], listed: VendorList | str, report: SettleReport
) -> None:
    """Settle snapshots of one dataset against its list, or note why the list could not be read.

    An entry that is found to be one of them is unclaimed no longer.
    """
    for snapshot in unknown:
        try:
            _note(ctx, snapshot, listed, report)
        except (IllegalTransition, sa.exc.IntegrityError):
            continue  # another process settles at the same moment, and was faster


def _note_salvaged(ctx: FlowContext, snapshot: Snapshot, report: SettleReport) -> None:
    try:
        kept = salvage(ctx, snapshot)
    except IllegalTransition:
        return  # another process settles at the same moment, and was faster
    except OSError as error:
        _stay_unknown(ctx, snapshot, ctx.archive.complaint(error))
        report.still_unknown.append(snapshot.snapshot_id)
        return
    (report.found if kept else report.never_accepted).append(snapshot.snapshot_id)


def _note(ctx: FlowContext, snapshot: Snapshot, listed: VendorList | str, report: SettleReport) -> None:
    if isinstance(listed, str):
        _stay_unknown(ctx, snapshot, listed)
        report.still_unknown.append(snapshot.snapshot_id)
        return
    silent: list[str] = []
    entry = listed.matching(snapshot, silent)
    if entry and listed.is_being_asked(snapshot):
        _stay_unknown(ctx, snapshot, f"{entry.id} may be its own, or that of a trigger which is under way")
        report.still_unknown.append(snapshot.snapshot_id)
    elif entry:
        listed.unclaimed.remove(entry)
        _found(ctx, snapshot, entry)
        report.found.append(snapshot.snapshot_id)
    elif silent:
        _about_the_silent(ctx, snapshot, silent, report)
    elif ctx.now() - snapshot.created_at < timedelta(seconds=ctx.settings.unknown_grace_seconds):
        _stay_unknown(ctx, snapshot, "not in the vendor's list so far; it will be looked up again")
        report.still_unknown.append(snapshot.snapshot_id)
    else:
        _never_accepted(ctx, snapshot)
        report.never_accepted.append(snapshot.snapshot_id)


def _about_the_silent(ctx: FlowContext, snapshot: Snapshot, silent: list[str], report: SettleReport) -> None:
    """One of these may be ours, and the vendor does not say: wait, and in the end leave it to a person."""
    named = ", ".join(silent[:5]) + (" …" if len(silent) > 5 else "")
    why = f"the vendor lists {named} from that time but does not say with which inputs"
    if ctx.now() - snapshot.created_at > timedelta(hours=ctx.settings.snapshot_deadline_hours):
        error = f"whether it was accepted will never be known: {why}; look there before it is asked (and paid) again"
        close_failed(ctx, snapshot, SnapshotStatus.DEAD, ErrorClass.NETWORK, error)
        report.given_up.append(snapshot.snapshot_id)
    else:
        _stay_unknown(ctx, snapshot, f"{why}; it will be looked up again, and nothing is triggered meanwhile")
        report.still_unknown.append(snapshot.snapshot_id)


def _found(ctx: FlowContext, snapshot: Snapshot, entry: ListedSnapshot) -> None:
    with ctx.engine.begin() as conn:
        snapshots.accepted(
            conn,
            snapshot.snapshot_id,
            vendor_snapshot_id=entry.id,
            now=ctx.now(),
            next_check_at=ctx.now(),
            expires_at=ctx.kept_until(entry.created or snapshot.created_at),
        )


def _stay_unknown(ctx: FlowContext, snapshot: Snapshot, why: str) -> None:
    with ctx.engine.begin() as conn:
        snapshots.not_answered(
            conn,
            snapshot.snapshot_id,
            error_class=ErrorClass.NETWORK,
            error=why,
            next_check_at=ctx.next_check(snapshot.checks),
        )


def _never_accepted(ctx: FlowContext, snapshot: Snapshot) -> None:
    error = "the vendor never accepted this trigger (nothing in its list can be it); its inputs are asked again"
    with ctx.engine.begin() as conn:
        snapshots.refused(conn, snapshot.snapshot_id, error_class=ErrorClass.NETWORK, error=error)
        waiting = jobs.served_by(conn, snapshot.snapshot_id)
        end_or_retry(conn, waiting, ErrorClass.NETWORK, error, now=ctx.now(), again_at=ctx.now())
