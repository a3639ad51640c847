"""Which jobs a day's collection needs, and what the source has to be asked for each. No money is spent here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, NewJob, Origin, TargetKind
from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets.sources.registry import brightdata_dataset
from scrape_assets.storage import creators
from scrape_assets.storage.creators import StoredProfile


class UnknownCreator(Exception):
    """A creator was named that is not in the table, or has no profile on this platform."""


@dataclass(frozen=True)
class Planned:
    """A claimed job with the one input that serves it."""

    job: Job
    profile_url: str
    discover_by: str | None
    input: dict[str, object]
    limit_per_input: int | None


def plan_jobs(
    ctx: FlowContext, platform: str, day: date, only: Sequence[str] | None = None, *, force: bool = False
) -> list[str]:
    """Write the jobs of one day and platform that are not written yet, one a profile.

    Args:
        ctx: what the flow works with.
        platform: a platform's name.
        day: the collection date; asking again for the same day adds nothing.
        only: creator ids; None means every creator with a profile there.
        force: ask again even so, as a further round.

    Returns:
        The ids of the jobs that are new.

    Raises:
        UnknownCreator: a named creator cannot be collected there; nothing is written.
    """
    with ctx.engine.begin() as conn:
        profiles = named_profiles(conn, platform, only)
        rounds = jobs.last_rounds(conn, platform, day) if force else {}
        return jobs.add_jobs(
            conn,
            [
                NewJob(
                    target_id=profile.creator_id,
                    platform=platform,
                    source="brightdata",
                    origin=Origin.COLLECTION,
                    next_attempt_at=ctx.now(),
                    collection_date=day,
                    profile_url=profile.profile_url,
                    round=rounds.get((profile.creator_id, profile.profile_url), 0) + 1 if force else 1,
                )
                for profile in profiles
            ],
        )


def named_profiles(conn: Connection, platform: str, only: Sequence[str] | None) -> list[StoredProfile]:
    """The profiles on a platform, of all creators or of those named.

    Raises:
        UnknownCreator: a named one does not exist or has no profile there.
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
        raise UnknownCreator("; ".join(reasons))
    return [profile for profile in profiles if profile.creator_id in set(only)]


def resolve(ctx: FlowContext, claimed: Sequence[Job]) -> tuple[list[Planned], list[str]]:
    """Find what to ask for each claimed job.

    A job that names no profile is given its target's; when the target has several on the platform, a sibling job is
    written for each further one. A job that cannot be served fails with its reason.

    Returns:
        What to ask for, and the ids of the siblings, which nobody has claimed yet.
    """
    planned: list[Planned] = []
    siblings: list[str] = []
    for job in claimed:
        try:
            with ctx.engine.begin() as conn:
                job, added = _with_profile(conn, ctx, job)
            siblings += added
            planned.append(_plan(ctx, job))
        except (NotAProfile, UnknownCreator, ValueError) as error:
            named = job.profile_url or job.search_params.get("profileUrl") if isinstance(error, NotAProfile) else None
            reason = f"{named}: {error}" if named else str(error)
            with ctx.engine.begin() as conn:
                jobs.fail(conn, job.job_id, error_class=ErrorClass.BAD_REQUEST, error=reason, now=ctx.now())
    return planned, siblings


def _with_profile(conn: Connection, ctx: FlowContext, job: Job) -> tuple[Job, list[str]]:
    named = job.profile_url or _search_params(job).get("profileUrl")
    if named:
        return replace(job, profile_url=profile_key(job.platform, str(named)).url), []
    if job.target_kind is not TargetKind.CREATOR:
        raise UnknownCreator(f"jobs for a {job.target_kind} cannot be collected from {job.platform} yet")
    own = named_profiles(conn, job.platform, [job.target_id])
    first, *others = own
    jobs.name_profile(conn, job.job_id, first.profile_url, ctx.owner)
    siblings = jobs.add_jobs(
        conn,
        [
            NewJob(
                target_kind=job.target_kind,
                target_id=job.target_id,
                platform=job.platform,
                source=job.source,
                origin=job.origin,
                next_attempt_at=job.next_attempt_at,
                collection_date=job.collection_date,
                priority=job.priority,
                search_params=job.search_params,
                profile_url=other.profile_url,
            )
            for other in others
        ],
    )
    return replace(job, profile_url=first.profile_url), siblings


def _plan(ctx: FlowContext, job: Job) -> Planned:
    if job.profile_url is None:  # _with_profile has seen to it
        raise UnknownCreator(f"job {job.job_id} names no profile")
    dataset = brightdata_dataset(job.platform)
    profile = profile_key(job.platform, job.profile_url)
    discover_by, source_input = dataset.request_input(profile, window_of(job, ctx.settings.lookback_days))
    return Planned(
        job=job,
        profile_url=profile.url,
        discover_by=discover_by,
        input=source_input,
        limit_per_input=dataset.limit_per_input(discover_by, ctx.settings.posts_per_profile),
    )


def window_of(job: Job, lookback_days: int) -> TimeWindow:
    """The time range a job asks for: its own `timeRange`, else the days up to and with its collection date.

    Raises:
        ValueError: the range cannot be read, or ends before it starts.
    """
    stated = _search_params(job).get("timeRange")
    if stated is not None:
        if not isinstance(stated, dict):
            raise ValueError(f'timeRange is no {{"start": …, "end": …}}: {stated!r}')
        window = TimeWindow(_moment(stated.get("start"), "start"), _moment(stated.get("end"), "end"))
        if window.end <= window.start:
            raise ValueError(f"timeRange ends ({window.end}) before it starts ({window.start})")
        return window
    end = datetime.combine(job.collection_date + timedelta(days=1), time(), UTC)
    return TimeWindow(end - timedelta(days=lookback_days), end)


def _moment(value: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"timeRange.{name} is no ISO time: {value!r}") from None


def _search_params(job: Job) -> dict[str, object]:
    """What the job asks for beside its target. Anybody may have written it, and any JSON fits the column."""
    given: object = job.search_params
    if not isinstance(given, dict):
        raise ValueError(f"search_params is no object: {given!r}")
    return given
