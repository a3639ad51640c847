"""`/api/cron/process-brightdata-snapshots`: a scheduler outside pokes the pipeline. Safe every minute, for ever."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Depends

from scrape_assets.api.access import require_cron
from scrape_assets.api.asking import Caller, Flow
from scrape_assets.api.models import Wire
from scrape_assets.api.problems import guarded
from scrape_assets.ledger.snapshots.poking import make_due
from scrape_assets.ledger.writes import note_write
from scrape_assets.sources.registry import BRIGHTDATA

router = APIRouter(prefix="/api/cron", tags=["cron"], dependencies=[Depends(require_cron)])
PATH = "/process-brightdata-snapshots"
SUMMARY = "Make the vendor's snapshots due now"


class Queued(Wire):
    """What the next tick of the sensor will do."""

    asked_about: int
    processed: int
    due_before: int
    backing_off: int


@router.get(PATH, summary=SUMMARY, responses=guarded())
@router.post(PATH, summary=SUMMARY, responses=guarded())
def poke(flow: Flow, caller: Caller) -> Queued:
    """Every pending or ready snapshot of the vendor is looked at by the next tick; what failed keeps its backoff."""
    with flow.engine.begin() as conn:
        poked = make_due(conn, BRIGHTDATA, flow.now())
        if poked.asked_about or poked.processed:
            note_write(conn, caller, "cron", [], {"due": poked.asked_about + poked.processed})
    return Queued(**asdict(poked))
