"""Which jobs a day's collection needs: one a profile, one an event. Nobody is asked, and no money is spent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.wanted.wishes import FORCE, search_params
from scrape_assets.ledger import jobs
from scrape_assets.ledger.jobs import NewJob, Origin, TargetKind
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets.storage import creators
from scrape_assets.storage.creators import StoredProfile
from scrape_assets.storage.events import Event, list_events


class UnknownTarget(Exception):
    """A creator or event was named that is not in the tables, or cannot be collected on this platform."""


def plan_jobs(
    ctx: FlowContext,
    platform: str,
    day: date,
    *,
    only_creators: Sequence[str] | None = None,
    only_events: Sequence[str] | None = None,
    with_events: bool = True,
    force: bool = False,
) -> list[str]:
    """Write the jobs of one day and platform that are not written yet.

    Args:
        ctx: what the flow works with.
        platform: a platform's name.
        day: the collection date; asking again for the same day adds nothing.
        only_creators: creator ids. With neither these nor events: every creator with a profile there, and every
            event that is talked about on that day.
        only_events: event ids.
        with_events: a source of the platform can search; else events are left out unless they are named.
        force: ask again even so, as a further round, and although the same was collected a moment ago.

    Returns:
        The ids of the jobs that are new.

    Raises:
        UnknownTarget: a named creator or event cannot be collected there; nothing is written.
    """
    everybody = only_creators is None and only_events is None
    with ctx.engine.begin() as conn:
        profiles = named_profiles(conn, platform, only_creators) if everybody or only_creators is not None else []
        wanted: list[Event] = []
        if only_events is not None:
            wanted = named_events(conn, platform, only_events)
        elif everybody and with_events:
            margin = timedelta(days=ctx.settings.event_margin_days)
            wanted = [e for e in _events_on(conn, platform) if e.is_talked_about(day, margin)]
        rounds = jobs.last_rounds(conn, platform, day) if force else {}
        targets: list[tuple[TargetKind, str, str | None, dict[str, object]]] = []
        forced: dict[str, object] = {FORCE: True} if force else {}
        targets += [(TargetKind.CREATOR, one.creator_id, one.profile_url, forced) for one in profiles]
        targets += [(TargetKind.EVENT, one.event_id, None, {**_params(ctx, one, day), **forced}) for one in wanted]
        return jobs.add_jobs(
            conn,
            [
                NewJob(
                    target_kind=kind,
                    target_id=target_id,
                    platform=platform,
                    origin=Origin.COLLECTION,
                    next_attempt_at=ctx.now(),
                    collection_date=day,
                    profile_url=profile_url,
                    search_params=params,
                    round=rounds.get((target_id, profile_url), 0) + 1 if force else 1,
                )
                for kind, target_id, profile_url, params in targets
            ],
        )


def named_profiles(conn: Connection, platform: str, only: Sequence[str] | None) -> list[StoredProfile]:
    """The profiles on a platform, of all creators or of those named.

    Raises:
        UnknownTarget: a named one does not exist or has no profile there.
    """
    profiles = creators.profiles(conn, platform)
    if only is None:
        return profiles
    missing = sorted(set(only) - {profile.creator_id for profile in profiles})
    if missing:
        known = creators.existing_ids(conn, missing)
        reasons = [
            f"{creator_id} has no {platform} profile" if creator_id in known else f"there is no creator {creator_id}"
            for creator_id in missing
        ]
        raise UnknownTarget("; ".join(reasons))
    return [profile for profile in profiles if profile.creator_id in set(only)]


def named_events(conn: Connection, platform: str, only: Sequence[str]) -> list[Event]:
    """The events named, if they are to be followed on a platform.

    Raises:
        UnknownTarget: one does not exist, or leaves this platform out.
    """
    found = {event.event_id: event for event in list_events(conn, only)}
    reasons = [f"there is no event {name}" for name in sorted(set(only) - set(found))]
    reasons += [
        f"event {event.event_id} is followed on {', '.join(event.platforms)}, not on {platform}"
        for event in found.values()
        if event.platforms and platform not in event.platforms
    ]
    if reasons:
        raise UnknownTarget("; ".join(reasons))
    return list(found.values())


def _events_on(conn: Connection, platform: str) -> list[Event]:
    return [event for event in list_events(conn) if not event.platforms or platform in event.platforms]


def _params(ctx: FlowContext, event: Event, day: date) -> dict[str, object]:
    """What the day's job of an event asks for: of its period with the margin, what the day's lookback covers."""
    margin = timedelta(days=ctx.settings.event_margin_days)
    end_of_day = datetime.combine(day + timedelta(days=1), time(), UTC)
    start = max(event.starts_at - margin, end_of_day - timedelta(days=ctx.settings.lookback_days))
    end = min(event.ends_at + margin, end_of_day)
    if start >= end:  # named by hand on a day when nobody talks about it: all of its time
        start, end = event.starts_at - margin, event.ends_at + margin
    return search_params(event.search, TimeWindow(start, end))


def has_targets(ctx: FlowContext, platform: str, day: date) -> bool:
    """Whether anybody, or anything, is to be collected from a platform on a day."""
    margin = timedelta(days=ctx.settings.event_margin_days)
    with ctx.engine.connect() as conn:
        return bool(creators.profiles(conn, platform)) or any(
            event.is_talked_about(day, margin) for event in _events_on(conn, platform)
        )
