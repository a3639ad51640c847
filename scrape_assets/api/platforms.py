"""`/api/admin/platforms`: who can be asked for each platform, at what pace, and why not now."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Depends

from scrape_assets.api.access import require_admin
from scrape_assets.api.asking import Flow
from scrape_assets.api.models import Wire
from scrape_assets.api.problems import Problem, guarded
from scrape_assets.flow.choosing.choose import standings
from scrape_assets.ledger.pace import LaneState, lane_states
from scrape_assets.sources.registry import NoSource, collectable_platforms

router = APIRouter(prefix="/api/admin", tags=["platforms"], dependencies=[Depends(require_admin)])


class LaneOut(Wire):
    """What a source limits together: pace and breaker."""

    platform: str
    credential: str
    pace: float
    in_flight: int
    throttles: int
    failures: int
    shut_until: datetime | None
    why: str | None


class SourceOut(Wire):
    """One source of a platform, in the order in which they are asked."""

    source: str
    configured: bool
    missing: list[str]
    usable: bool
    why_not: str | None
    lanes: list[LaneOut]


class PlatformOut(Wire):
    """A platform and its sources."""

    platform: str
    sources: list[SourceOut]


class Platforms(Wire):
    """All platforms that can be collected."""

    platforms: list[PlatformOut]


@router.get(
    "/platforms",
    summary="Sources, pace and breakers",
    responses=guarded(HTTPStatus.CONFLICT),
)
def platforms(flow: Flow) -> Platforms:
    """Whether each source is configured, what it is slowed to, and until when it is left alone."""
    now = flow.now()
    with flow.engine.connect() as conn:
        lanes = lane_states(conn, now)
    found = []
    try:
        for platform in collectable_platforms():
            sources = [
                SourceOut(
                    source=one.source,
                    configured=not one.missing,
                    missing=list(one.missing),
                    usable=one.why_not is None,
                    why_not=one.why_not,
                    lanes=[
                        _lane(lane, now)
                        for lane in lanes
                        if lane.lane.source == one.source and lane.lane.platform in ("", platform)
                    ],
                )
                for one in standings(flow, platform)
            ]
            found.append(PlatformOut(platform=str(platform), sources=sources))
    except NoSource as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from None
    return Platforms(platforms=found)


def _lane(state: LaneState, now: datetime) -> LaneOut:
    return LaneOut(
        platform=state.lane.platform,
        credential=state.lane.credential,
        pace=state.pace,
        in_flight=state.in_flight,
        throttles=state.throttles,
        failures=state.failures,
        shut_until=state.shut_until(now),
        why=state.why(now),
    )
