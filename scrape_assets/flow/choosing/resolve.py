"""What to ask for each claimed job, and whom. A job that cannot be served is settled here, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from scrape_assets.flow.choosing.choose import NobodyToAsk, Standing, abilities_of, begun_by, choose
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.wanted.narrowing import Narrowed, narrowed_to
from scrape_assets.flow.wanted.plan import UnknownTarget, named_profiles
from scrape_assets.flow.wanted.request_key import request_key
from scrape_assets.flow.wanted.wishes import Wishes, honoured, read_wishes, search_params
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, NewJob, TargetKind
from scrape_assets.ledger.states import IllegalTransition
from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.posts.search import Search, search_key
from scrape_assets.sources import registry
from scrape_assets.sources.abilities import Abilities
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.mapping import Dataset, RequestInput
from scrape_assets.sources.registry import BRIGHTDATA, NoSource
from scrape_assets.storage.events import list_events


@dataclass(frozen=True)
class Asked:
    """One thing that a source is asked for a job."""

    url: str  # a profile's canonical address, or the key of a search
    input: dict[str, object]  # JSON, as the source is given it


@dataclass(frozen=True)
class Planned:
    """A claimed job with what serves it."""

    job: Job
    source: str
    asked: tuple[Asked, ...]  # at least one
    dataset: Dataset | None = None  # the vendor's
    discover_by: str | None = None
    limit_per_input: int | None = None
    target: Target | None = None  # a direct source's
    others: tuple[Job, ...] = ()  # claimed jobs that ask for the same, and share what is asked

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs that are served with this."""
        return (self.job, *self.others)

    @property
    def request_key(self) -> str | None:
        """What is asked for, whoever is asked: equal keys ask for the same."""
        return self.job.request_key


def resolve(ctx: FlowContext, claimed: Sequence[Job], stands: Sequence[Standing]) -> tuple[list[Planned], list[str]]:
    """Find what to ask for each claimed job, and whom.

    A job that names no profile is given its target's; when the target has several on the platform, a sibling job is
    written for each further one. A job that cannot be served fails with its reason; one for which nobody can be asked
    now waits.

    Returns:
        What to ask for, and the ids of the siblings, which nobody has claimed yet.
    """
    planned: list[Planned] = []
    siblings: list[str] = []
    for job in claimed:
        try:
            wishes = read_wishes(job, ctx.settings.lookback_days)
            with ctx.engine.begin() as conn:
                served, added = _with_target(conn, ctx, job, wishes)
            siblings += added
            stand = choose(stands, job.target_kind, wanted=wishes.source, first=begun_by(job))
            one, rest = _plan(ctx, served, wishes, stand.source)
            parts = [asked.url for asked in one.asked]
            narrowed = rest or narrowed_to(job, one.source)
            key = request_key(one.job, wishes, one.source, one.dataset, parts if narrowed else [])
            with ctx.engine.begin() as conn:
                noted = honoured(wishes, _abilities(one), event=job.target_kind is TargetKind.EVENT)
                jobs.name_source(conn, job.job_id, stand.source, noted, ctx.owner, key)
                siblings += jobs.add_jobs(conn, rest)
                if rest:  # or every further attempt would write, and pay for, the siblings once more
                    jobs.note_progress(conn, job.job_id, Narrowed(one.source, tuple(parts)).as_progress())
            job_now = replace(one.job, source=stand.source, honoured=noted, request_key=key)
            planned.append(replace(one, job=job_now))
        except IllegalTransition:
            continue  # called off at this moment, or our lease ran out
        except NobodyToAsk as error:
            _wait_or_fail(ctx, job, error)
        except (NotAProfile, UnknownTarget, NoSource, ValueError) as error:
            named = job.profile_url or job.search_params.get("profileUrl") if isinstance(error, NotAProfile) else None
            reason = f"{named}: {error}" if named else str(error)
            with ctx.engine.begin() as conn:
                jobs.fail(conn, job.job_id, error_class=ErrorClass.BAD_REQUEST, error=reason, now=ctx.now())
    return planned, siblings


def asked_of_vendor(ctx: FlowContext, job: Job) -> Planned | None:
    """What the vendor is, or was, asked for a job. Writes nothing, and looks for no profile that the job lacks.

    Returns:
        None: it cannot be asked, or not with one trigger.
    """
    try:
        wishes = read_wishes(job, ctx.settings.lookback_days)
        if wishes.source not in (None, BRIGHTDATA):
            return None
        if job.target_kind is TargetKind.CREATOR:
            named = job.profile_url or wishes.profile_url
            if not named:
                return None
            job = replace(job, profile_url=profile_key(job.platform, named).url)
        planned, apart = _plan_vendor(ctx, job, wishes)
    except (NotAProfile, NoSource, ValueError):
        return None
    if apart:
        return None
    parts = [asked.url for asked in planned.asked] if narrowed_to(job, BRIGHTDATA) else []
    key = request_key(planned.job, wishes, BRIGHTDATA, planned.dataset, parts)
    noted = honoured(wishes, _abilities(planned), event=job.target_kind is TargetKind.EVENT)
    return replace(planned, job=replace(planned.job, source=BRIGHTDATA, honoured=noted, request_key=key))


def _abilities(planned: Planned) -> Abilities:
    if planned.dataset is not None:
        return planned.dataset.abilities
    return abilities_of(planned.source, planned.job.platform)


def _wait_or_fail(ctx: FlowContext, job: Job, error: NobodyToAsk) -> None:
    """A source that is blocked or lacks its key may be there later; one that cannot serve the job never will."""
    with ctx.engine.begin() as conn:
        if error.lasting:
            jobs.fail(conn, job.job_id, error_class=ErrorClass.BAD_REQUEST, error=str(error), now=ctx.now())
            return
        again_at = error.until or ctx.when_unblocked(ErrorClass.NOT_CONFIGURED)
        error_class = ErrorClass.THROTTLED if error.until else ErrorClass.NOT_CONFIGURED
        jobs.postpone(conn, job.job_id, error_class=error_class, error=str(error), next_attempt_at=again_at)


def _with_target(conn: Connection, ctx: FlowContext, job: Job, wishes: Wishes) -> tuple[Job, list[str]]:
    if job.target_kind is TargetKind.EVENT:
        if not list_events(conn, [job.target_id]):
            raise UnknownTarget(f"there is no event {job.target_id}")
        if not wishes.search.keywords and not wishes.search.place:
            raise ValueError("neither keywords nor a location: there is nothing to look for")
        return job, []
    named = job.profile_url or wishes.profile_url
    if named:
        return replace(job, profile_url=profile_key(job.platform, named).url), []
    own = named_profiles(conn, job.platform, [job.target_id])
    first, *others = own
    jobs.name_profile(conn, job.job_id, first.profile_url, ctx.owner)
    siblings = jobs.add_jobs(
        conn, [_sibling(job, profile_url=other.profile_url, params=job.search_params) for other in others]
    )
    return replace(job, profile_url=first.profile_url), siblings


def _sibling(job: Job, *, profile_url: str, params: dict[str, object]) -> NewJob:
    return NewJob(
        target_kind=job.target_kind,
        target_id=job.target_id,
        platform=job.platform,
        origin=job.origin,
        next_attempt_at=job.next_attempt_at,
        collection_date=job.collection_date,
        priority=job.priority,
        search_params=params,
        profile_url=profile_url,
        round=job.round,
    )


def _plan(ctx: FlowContext, job: Job, wishes: Wishes, source: str) -> tuple[Planned, list[NewJob]]:
    """What to ask for a job; and siblings for what cannot be asked together with it."""
    if source == BRIGHTDATA:
        return _plan_vendor(ctx, job, wishes)
    if job.target_kind is TargetKind.EVENT:
        key = search_key(f"event:{job.target_id}")
        target = Target(key, wishes.window, search=wishes.search)
        asked = Asked(key, search_params(wishes.search, wishes.window))
    else:
        profile = profile_key(job.platform, str(job.profile_url))
        target = Target(profile.key, wishes.window, profile=profile)
        asked = Asked(profile.url, {"url": profile.url, **search_params(Search(), wishes.window)})
    return Planned(job, source, (asked,), target=target), []


def _plan_vendor(ctx: FlowContext, job: Job, wishes: Wishes) -> tuple[Planned, list[NewJob]]:
    dataset = registry.dataset(job.platform, wishes.dataset)
    if job.target_kind is TargetKind.CREATOR:
        profile = profile_key(job.platform, str(job.profile_url))
        wanted = [(profile.url, dataset.request_input(profile, wishes.window))]
        together, apart = wanted, []
    else:
        wanted = dataset.search_inputs(wishes.search, wishes.window)
        if not wanted:
            raise ValueError("the vendor can search for keywords only, and the job names none")
        narrowed = narrowed_to(job, BRIGHTDATA)
        own = [one for one in wanted if narrowed and one[0] in narrowed.left] or wanted
        # One trigger knows one way of discovery: keywords and hashtags may be two.
        together = [one for one in own if one[1].discover_by == own[0][1].discover_by]
        apart = [one for one in wanted if one not in together] if own is wanted else []
    discover_by = together[0][1].discover_by
    planned = Planned(
        job,
        BRIGHTDATA,
        tuple(Asked(key, asked.input) for key, asked in together),
        dataset=dataset,
        discover_by=discover_by,
        limit_per_input=dataset.limit_per_input(discover_by, ctx.settings.posts_per_profile),
    )
    return planned, _apart(job, dataset, wishes, apart)


def _apart(job: Job, dataset: Dataset, wishes: Wishes, inputs: Sequence[tuple[str, RequestInput]]) -> list[NewJob]:
    if not inputs:
        return []
    # A word and a hashtag may share a key, so not by that.
    words = [
        word
        for word in wishes.search.keywords
        if any(one in inputs for one in dataset.search_inputs(Search((word,)), wishes.window))
    ]
    params = {**job.search_params, "keywords": words, "source": BRIGHTDATA}
    return [_sibling(job, profile_url=inputs[0][0], params=params)]
