"""Plain requests for scrapes that come at once: written together, with one statement for all.

What needs a closer look (an event, a profile by its address, a creator who is not there, a key that was used before) is
left to `scrape.py`, which does it alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scrape_assets.api.asking import asking
from scrape_assets.api.models import ScrapeRequest
from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import jobs, once
from scrape_assets.ledger.jobs import Job, NewJob, Origin, Request, TargetKind


@dataclass(frozen=True)
class Wish:
    """One request for a scrape."""

    asked: ScrapeRequest
    key: str | None  # the caller's Idempotency-Key
    caller: str

    @property
    def is_plain(self) -> bool:
        """Whether nothing has to be looked up for it but that the creator is there."""
        return self.asked.creator_id is not None and self.asked.search_params.profile_url is None

    @property
    def fingerprint(self) -> str:
        """What it has in common with one that asks for the same."""
        return once.fingerprint(self.asked.model_dump_json(by_alias=True).encode())


def write_many(flow: FlowContext, wishes: Sequence[Wish]) -> list[list[Job] | None]:
    """Write the jobs of plain wishes, with one statement for all of them.

    Returns:
        The jobs of each wish; None for one of which nothing was written, and which needs a closer look.
    """
    now = flow.now()
    requests = [Request(_jobs_of(wish.asked, now), wish.caller, wish.fingerprint, wish.key) for wish in wishes]
    with asking(flow) as conn:
        return jobs.add_once(conn, requests, now)


def _jobs_of(asked: ScrapeRequest, now: datetime) -> dict[str, NewJob]:
    target_id = str(asked.creator_id)
    return {str(uuid.uuid4()): new_job(TargetKind.CREATOR, target_id, one, asked, now) for one in asked.platforms}


def new_job(
    kind: TargetKind,
    target_id: str,
    platform: str,
    asked: ScrapeRequest,
    now: datetime,
    params: dict[str, object] | None = None,
) -> NewJob:
    """The job that a request asks for; `params` in the place of what it asks for beside the target."""
    params = dict(asked.search_params.stored() if params is None else params)
    if asked.force:
        params["force"] = True
    return NewJob(
        target_kind=kind,
        target_id=target_id,
        platform=platform,
        origin=Origin.REQUEST,
        priority=asked.priority,
        next_attempt_at=now,
        collection_date=now.date(),
        search_params=params,
    )
