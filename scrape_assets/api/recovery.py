"""`/api/test-brightdata-recovery`: is the key good, what does the vendor hold, what do we miss; and mending it.

Looking asks the vendor and takes as long as it takes; mending goes on after the answer, one at a time in a process.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from pydantic import Field

from scrape_assets.api.access import require_admin
from scrape_assets.api.asking import Caller, Flow
from scrape_assets.api.models import Wire
from scrape_assets.api.problems import Problem, guarded
from scrape_assets.api.threads import slowly
from scrape_assets.api.under_way import UnderWay
from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import SnapshotFilter
from scrape_assets.ledger.snapshots.expiry import unread
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.operations.recover import RecoverReport, recover
from scrape_assets.sources.errors import SourceError

router = APIRouter(prefix="/api/test-brightdata-recovery", tags=["recovery"], dependencies=[Depends(require_admin)])
STUCK_AFTER = timedelta(hours=1)
STUCK_SHOWN = 50


def recovering() -> UnderWay:
    """The recovery of this process."""
    return UnderWay("recovery", lambda flow: recover(flow).as_json())


class Stuck(Wire):
    """A snapshot that is open for longer than it should be."""

    snapshot_id: str
    platform: str
    status: str
    since: datetime
    vendor_status: str | None
    error: str | None


class Diagnosis(Wire):
    """What the vendor holds beside what we know."""

    key_configured: bool
    key_accepted: bool
    key_error: str | None
    datasets: int = 0
    listed: int = 0
    known: int = 0
    missing: int = Field(0, description="At the vendor and unknown to us: POST takes them on.")
    recoverable: int = Field(0, description="Known, given up by us, and still at the vendor.")
    undecided: int = 0
    others: int = 0
    errors: list[str] = Field(default_factory=list)
    stuck: list[Stuck] = Field(default_factory=list)
    expiring_unread: int = 0
    last_recovery: dict[str, Any] | None = None


class Started(Wire):
    """The recovery goes on by itself."""

    started: bool = True
    url: str


@router.get("", summary="What the vendor holds and we miss", responses=guarded())
async def diagnose(flow: Flow, request: Request) -> Diagnosis:
    """Asks the vendor for its lists and changes nothing."""
    return await slowly(request.app, _diagnosis, flow, request.app.state.recovering)


def _diagnosis(flow: FlowContext, recovering: UnderWay) -> Diagnosis:
    found = Diagnosis(
        key_configured=flow.vendor.is_configured,
        key_accepted=False,
        key_error=None,
        stuck=_stuck(flow),
        expiring_unread=_expiring(flow),
        last_recovery=recovering.last,
    )
    try:
        flow.vendor.check_key()
    except SourceError as error:
        return found.model_copy(update={"key_error": str(error)})
    return _with_report(found.model_copy(update={"key_accepted": True}), recover(flow, dry_run=True))


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    summary="Recover",
    responses=guarded(HTTPStatus.CONFLICT),
)
def start(flow: Flow, request: Request, caller: Caller, background: BackgroundTasks) -> Started:
    """Takes on what is missing. Nothing is triggered and nothing is paid; GET tells what came of it."""
    recovering: UnderWay = request.app.state.recovering
    if not flow.vendor.is_configured:
        raise Problem(HTTPStatus.CONFLICT, "BRIGHTDATA_API_KEY is not set: there is nobody to recover from")
    if not recovering.begin(flow, caller):
        raise Problem(HTTPStatus.CONFLICT, "a recovery is under way already; GET tells what comes of it")
    background.add_task(slowly, request.app, recovering.run, flow)
    return Started(url=str(request.url))


def _with_report(found: Diagnosis, report: RecoverReport) -> Diagnosis:
    return found.model_copy(
        update={
            "datasets": report.datasets,
            "listed": report.listed,
            "known": report.known,
            "missing": len(report.found),
            "recoverable": len(report.revived),
            "undecided": len(report.undecided),
            "others": len(report.others),
            "errors": report.errors,
        }
    )


def _stuck(flow: FlowContext) -> list[Stuck]:
    before = flow.now() - STUCK_AFTER
    found = []
    with flow.engine.connect() as conn:
        for status in (SnapshotStatus.UNKNOWN, SnapshotStatus.PENDING, SnapshotStatus.RUNNING, SnapshotStatus.READY):
            for one in snapshots.list_snapshots(conn, SnapshotFilter(status=status), STUCK_SHOWN):
                since = one.triggered_at or one.created_at
                if since < before:
                    found.append(
                        Stuck(
                            snapshot_id=one.snapshot_id,
                            platform=one.platform,
                            status=str(one.status),
                            since=since,
                            vendor_status=one.vendor_status,
                            error=one.error,
                        )
                    )
    return found[:STUCK_SHOWN]


def _expiring(flow: FlowContext) -> int:
    with flow.engine.connect() as conn:
        return len(unread(conn, flow.now(), flow.settings.expiry_alarm))
