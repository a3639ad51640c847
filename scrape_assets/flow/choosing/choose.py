"""Who is asked for a platform: the first of its sources that is configured, not blocked, and can serve the job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.pacing.lanes import account_lane, lane_of
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, TargetKind
from scrape_assets.ledger.pace import Lane, LaneState, shut_lanes, unblock
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.sources import registry
from scrape_assets.sources.abilities import Abilities
from scrape_assets.sources.errors import NotConfigured, Throttled
from scrape_assets.sources.gate import PATIENCE
from scrape_assets.sources.registry import BRIGHTDATA, NoSource


class NobodyToAsk(Exception):
    """No source of a platform can be asked now.

    Attributes:
        until: when one that is blocked may be asked again; None when a person must act.
        lasting: none of them can ever serve such a job.
    """

    def __init__(self, message: str, *, until: datetime | None = None, lasting: bool = False) -> None:
        super().__init__(message)
        self.until = until
        self.lasting = lasting


@dataclass(frozen=True)
class Standing:
    """Whether one source of a platform can be asked, and if not, why."""

    source: str
    abilities: Abilities
    why_not: str | None = None
    missing: tuple[str, ...] = ()  # environment variables, or packages
    missing_for_events: tuple[str, ...] = ()  # further ones
    blocked_until: datetime | None = None

    def why_not_for(self, kind: TargetKind) -> str | None:
        """Why it cannot be asked now about a kind of target; None when it can."""
        if self.why_not is None and kind is TargetKind.EVENT and self.missing_for_events:
            return _not_set(self.missing_for_events)
        return self.why_not


def standings(ctx: FlowContext, platform: str) -> list[Standing]:
    """How each source of a platform stands, in the order in which they are asked.

    Raises:
        NoSource: nothing collects it, or the settings name a source that does not.
        UnknownPlatform: when the name is no platform.
    """
    now = ctx.now()
    with ctx.engine.connect() as conn:
        shut = {state.lane: state for state in shut_lanes(conn, now + PATIENCE)}  # what is shorter is waited for
    stands = []
    for source in order(ctx, platform):
        abilities = abilities_of(source, platform)
        missing = missing_keys(ctx, source)
        why_not = _not_set(missing) if missing else None
        lacking = [name for name in registry.NEEDED_PACKAGES.get(source, ()) if find_spec(name) is None]
        if lacking:
            missing = tuple(lacking)
            why_not = f"not configured: {' and '.join(lacking)} not installed: pip install 'scrape_assets[{source}]'"
        lane = _latest([shut[lane] for lane in _lanes(ctx, source, platform) if lane in shut], now)
        if why_not is None and lane:
            why_not = lane.why(now)
        until = lane.shut_until(now) if lane else None
        for_events = tuple(name for name in abilities.event_keys if not ctx.settings.key(name))
        stands.append(Standing(source, abilities, why_not, missing, for_events, until))
    return stands


def _lanes(ctx: FlowContext, source: str, platform: str) -> list[Lane]:
    own = lane_of(ctx.settings, source, str(parse_platform(platform)))
    return [own, account_lane(ctx.settings)] if source == BRIGHTDATA else [own]


def _latest(shut: Sequence[LaneState], now: datetime) -> LaneState | None:
    """Of the lanes that are shut, that which is shut longest."""
    return max(shut, key=lambda state: state.shut_until(now) or now, default=None)


def _not_set(names: Sequence[str]) -> str:
    return f"not configured: {' and '.join(names)} not set"


def order(ctx: FlowContext, platform: str) -> Sequence[str]:
    """The sources of a platform as the settings order them, else as the registry does.

    Raises:
        NoSource: nothing collects it, or the settings name a source that does not.
    """
    usual = registry.sources_of(platform)
    wanted = ctx.settings.source_order.get(platform)
    if wanted is None:
        return usual
    known = (*usual, *registry.OFF_BY_DEFAULT.get(parse_platform(platform), ()))
    wrong = [source for source in wanted if source not in known]
    if wrong or not wanted:
        named = f"{', '.join(wrong)} for {platform}" if wrong else f"nobody for {platform}"
        raise NoSource(f"SCRAPE_ASSETS_SOURCES names {named}; {platform} has {', '.join(known)}")
    return wanted


def choose(
    stands: Sequence[Standing], kind: TargetKind, *, wanted: str | None = None, first: str | None = None
) -> Standing:
    """The source that serves a job.

    Args:
        stands: from `standings`.
        kind: of the job's target.
        wanted: nobody else is to be asked.
        first: asked before the others if it can be, because it has begun the job.

    Raises:
        NobodyToAsk: with the reason of each.
    """
    asked_for = [one for one in stands if wanted in (None, one.source)]
    if not asked_for:
        known = ", ".join(one.source for one in stands)
        raise NobodyToAsk(f"there is no source {wanted!r} for this platform; there are {known}", lasting=True)
    able = [one for one in asked_for if (one.abilities.events if kind is TargetKind.EVENT else one.abilities.creators)]
    if not able:
        names = ", ".join(one.source for one in asked_for)
        raise NobodyToAsk(f"{names} cannot be asked for the posts of a {kind}", lasting=True)
    usable = [one for one in able if one.why_not_for(kind) is None]
    if not usable:
        moments = [one.blocked_until for one in able if one.blocked_until and not one.missing]
        reasons = "; ".join(f"{one.source} is {one.why_not_for(kind)}" for one in able)
        raise NobodyToAsk(reasons, until=min(moments) if moments else None)
    return next((one for one in usable if one.source == first), usable[0])


def begun_by(job: Job) -> str | None:
    """The source that holds a place in a job to go on from, or served it before: `first` of `choose`."""
    begun = (job.progress or {}).get("source")
    return begun if isinstance(begun, str) else job.source


def check_somebody(ctx: FlowContext, stands: Sequence[Standing]) -> None:
    """Make sure that somebody can be asked, before anything is written or paid for.

    A source that is only blocked will be there later: its jobs are written and wait.

    Raises:
        NotConfigured: no source has its keys.
        SourceError: the vendor would be asked first, and refuses the key.
    """
    reason = nobody_configured(stands)
    if reason and [one.source for one in stands] != [BRIGHTDATA]:
        raise NotConfigured(reason)
    if next((one.source for one in stands if not one.missing), BRIGHTDATA) == BRIGHTDATA:
        try:
            ctx.vendor.check_key()
        except Throttled:
            return  # it is there, and may be asked later
        with ctx.engine.begin() as conn:
            unblock(conn, BRIGHTDATA, ErrorClass.REFUSED, ctx.now())  # refused before, the key is accepted now


def nobody_configured(stands: Sequence[Standing]) -> str | None:
    """Why no source of a platform can be asked until a person has set a key; None when one has all it needs."""
    if any(not one.missing for one in stands):
        return None
    return "nobody can be asked: " + "; ".join(f"{one.source} is {one.why_not}" for one in stands)


def missing_keys(ctx: FlowContext, source: str) -> tuple[str, ...]:
    """The environment variables that a source lacks."""
    if source == BRIGHTDATA:
        return () if ctx.vendor.is_configured else ("BRIGHTDATA_API_KEY",)
    return tuple(name for name in registry.direct_source(source).keys if not ctx.settings.key(name))


def abilities_of(source: str, platform: str) -> Abilities:
    """What a source honours for a platform."""
    return registry.dataset(platform).abilities if source == BRIGHTDATA else registry.direct_source(source).abilities
