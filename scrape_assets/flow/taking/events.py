"""Which of a snapshot's posts belong to the events it was collected for."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.wanted.wishes import KEYWORDS, LOCATION, TIME_RANGE, read_wishes
from scrape_assets.ledger.jobs import Job, TargetKind
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.sources.abilities import How
from scrape_assets.storage.event_matching import EventSearch, match_event
from scrape_assets.storage.events import list_events

_LOOKED_AT_HERE = (How.CHECKED, How.AFTER)


def match_events(ctx: FlowContext, conn: Connection, snapshot: Snapshot, served: Mapping[str, Job]) -> int:
    """Write the posts of each event job that a snapshot serves, in the caller's transaction, and give their number.

    What a job asked for is in the ledger, also after it has ended: so this may be done again at any time.
    """
    found = 0
    for job in served.values():
        if job.target_kind is not TargetKind.EVENT or not list_events(conn, [job.target_id]):
            continue
        feed_keys = [item.url for item in snapshot.inputs if item.job_id == job.job_id]
        wishes = read_wishes(job, ctx.settings.lookback_days)
        noted = job.honoured or {}
        wanted = EventSearch(
            event_id=job.target_id,
            feed_keys=feed_keys,
            search=wishes.search,
            starts_at=wishes.window.start,
            ends_at=wishes.window.end,
            check_keywords=bool(wishes.search.keywords) and noted.get(KEYWORDS) in _LOOKED_AT_HERE,
            check_time=noted.get(TIME_RANGE) in _LOOKED_AT_HERE,
            check_place=noted.get(LOCATION) in _LOOKED_AT_HERE,
        )
        found += match_event(conn, snapshot.snapshot_id, wanted, ctx.now())
    return found
