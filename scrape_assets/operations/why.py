"""Why a job or a snapshot waits, in plain words, the most decisive first. For the command and the API alike.

Says what the ledger and the settings tell at this moment, and changes nothing. What happened before is in explain.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from scrape_assets.flow.choosing.choose import NobodyToAsk, Standing, begun_by, choose, standings
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.money.budget import purses
from scrape_assets.flow.money.prices import dollars, price_of
from scrape_assets.flow.pacing.lanes import lane_of
from scrape_assets.ledger import jobs, pace, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.history import history_of
from scrape_assets.ledger.jobs import Job, Priority
from scrape_assets.ledger.lookup import holders
from scrape_assets.ledger.retries import BUDGETS
from scrape_assets.ledger.states import JobStatus
from scrape_assets.operations.why_snapshot import why_snapshot
from scrape_assets.operations.words import at, attempts_spent, holder, sentence
from scrape_assets.posts.platforms import UnknownPlatform
from scrape_assets.sources.registry import NoSource

OVERDUE = timedelta(minutes=5)
"""The sensor looks every 15 seconds: whoever is due for longer with no run asked for waits for no ordinary reason."""


def why_waiting(ctx: FlowContext, job: Job) -> list[str]:
    """Why a job is not done yet; or, when it is, how it ended. Sentences, the most decisive first."""
    match job.status:
        case JobStatus.PENDING:
            return [sentence(line) for line in _pending(ctx, job)]
        case JobStatus.PROCESSING:
            return [sentence(line) for line in _processing(ctx, job)]
        case _:
            return [sentence(line) for line in _ended(job)]


def _pending(ctx: FlowContext, job: Job) -> Iterator[str]:
    now = ctx.now()
    stand: Standing | None = None
    try:
        stand = choose(standings(ctx, job.platform), job.target_kind, wanted=_wanted(job), first=begun_by(job))
    except NobodyToAsk as nobody:
        yield _nobody(nobody)
    except (NoSource, UnknownPlatform) as error:
        yield f"it cannot be collected and fails as soon as it is taken: {error}"
    if job.next_attempt_at > now:
        yield _not_yet(job)
    if stand:
        yield from _budget(ctx, job, stand)
    if job.next_attempt_at > now:
        return
    if job.requested_until and job.requested_until > now:
        yield from _asked_for(ctx, job)
    else:
        yield _due(job, now)
    yield from _order(ctx, job)
    if stand:
        yield from _pace(ctx, job, stand)


def _wanted(job: Job) -> str | None:
    named = job.search_params.get("source")
    return named if isinstance(named, str) else None


def _nobody(nobody: NobodyToAsk) -> str:
    if nobody.lasting:
        return f"nobody can serve it, and it fails as soon as it is taken: {nobody}"
    if nobody.until:
        return f"nobody can be asked before {at(nobody.until)}: {nobody}"
    return f"nobody can be asked until a person has changed that: {nobody}"


def _not_yet(job: Job) -> str:
    """It has a time to come, and why."""
    when = at(job.next_attempt_at)
    if job.error_class is None:
        return f"it is not to be collected before {when}"
    if job.error_class is ErrorClass.BUDGET:
        return f"the budget: it {job.error}. It is looked at again at {when}, and no attempt is spent"
    if not BUDGETS[job.error_class].counts:
        return f"it was put off until {when} with no attempt spent ({job.error_class}): {job.error}"
    spent = attempts_spent(job.error_class, job.failures, job.attempts, job.max_attempts)
    return f"it failed and is tried again at {when}; {spent}: {job.error}"


def _budget(ctx: FlowContext, job: Job, stand: Standing) -> Iterator[str]:
    if job.error_class is ErrorClass.BUDGET and job.next_attempt_at > ctx.now():
        return  # said already, and more exactly
    if not price_of(ctx.settings, stand.source, job.platform):
        return
    with ctx.engine.connect() as conn:
        empty = [purse for purse in purses(conn, ctx.settings, ctx.now(), job.platform) if purse.left <= 0]
    for purse in empty:
        yield (
            f"{purse.budget} is spent ({dollars(purse.spent)} spent or reserved): nothing that costs is asked for "
            f"before {at(purse.renews_at)}"
        )


def _asked_for(ctx: FlowContext, job: Job) -> Iterator[str]:
    with ctx.engine.connect() as conn:
        working = [name for name in holders(conn, ctx.now()) if name.startswith("run:")]
    yield f"a run that will take it is asked for, and has until {at(job.requested_until)} to begin"
    if working:
        some = ", ".join(holder(name) for name in working[:3])
        yield f"{len(working)} runs hold something now ({some}); in Dagster's queue the most urgent run goes first"
    else:
        yield "no run holds anything now: if it stays so, Dagster's daemon does not run or does not launch runs"


def _due(job: Job, now: datetime) -> str:
    if now - job.next_attempt_at < OVERDUE:
        return f"it is due since {at(job.next_attempt_at)}, and the sensor pending_scrape_jobs asks for a run next"
    return (
        f"it is due since {at(job.next_attempt_at)} and no run is asked for: either Dagster's daemon does not run "
        "(scrape-assets up), or its sensor pending_scrape_jobs is off, or more urgent jobs fill its ticks"
    )


def _order(ctx: FlowContext, job: Job) -> Iterator[str]:
    now = ctx.now()
    with ctx.engine.connect() as conn:
        before = jobs.count_before(conn, job, now)
    if before:
        yield f"{before} due jobs of {job.platform} go before it: more urgent, or due for longer"
    counts_as = jobs.aged_priority(job, now)
    if counts_as is not job.priority:
        yield f"its priority is {job.priority}; it has waited so long that it counts as {counts_as}"
    elif job.priority is Priority.LOW:
        yield f"its priority is low; from {at(job.place)} on it counts as normal"


def _pace(ctx: FlowContext, job: Job, stand: Standing) -> Iterator[str]:
    now = ctx.now()
    with ctx.engine.connect() as conn:
        state = pace.lane_state(conn, lane_of(ctx.settings, stand.source, job.platform), now)
    if state.pace < 1:
        yield f"{state.lane} is asked at {state.pace:.0%} of its usual pace, after answers of 429"
    if state.next_free_at and state.next_free_at > now:
        yield f"the pace of {state.lane} is spent until {at(state.next_free_at)}; calls go through one by one"


def _processing(ctx: FlowContext, job: Job) -> Iterator[str]:
    if job.snapshot_id:
        with ctx.engine.connect() as conn:
            snapshot = snapshots.get(conn, job.snapshot_id)
        if snapshot is None:
            yield f"it waits for snapshot {job.snapshot_id}, which is not in the ledger: somebody took it away by hand"
            return
        yield f"it waits for snapshot {job.snapshot_id}"
        yield from why_snapshot(ctx, snapshot)
        return
    with ctx.engine.connect() as conn:
        taken = [change.changed_at for change in history_of(conn, job.job_id) if change.to_status == job.status]
    since = f" since {at(taken[-1])}" if taken else ""
    if job.leased_until and job.leased_until > ctx.now():
        yield (
            f"it is being collected now by {holder(job.lease_owner)}{since}; held until {at(job.leased_until)} "
            "unless renewed"
        )
    else:
        yield (
            f"{holder(job.lease_owner)} held it{since} and is gone; the next look of a sensor or command puts it back"
        )


def _ended(job: Job) -> Iterator[str]:
    when = f" at {at(job.finished_at)}" if job.finished_at else ""
    match job.status:
        case JobStatus.COMPLETED:
            found = "" if job.posts_found is None else f" with {job.posts_found} posts"
            yield f"it waits for nothing: completed{when}{found}"
            if job.warning:
                yield f"the source said: {job.warning}"
        case JobStatus.CANCELED:
            yield f"it waits for nothing: called off{when}"
        case _:
            spent = attempts_spent(job.error_class, job.failures, job.attempts, job.max_attempts)
            yield f"it waits for a person: {job.status}{when}, {spent}: {job.error or 'no reason is given'}"
            yield f"once the cause is mended: scrape-assets dead-letters replay {job.job_id}"
