"""The sensor that turns job rows, whoever inserted them, into runs of `collections`."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

import dagster as dg

from scrape_assets.flow.choosing.choose import NobodyToAsk, choose, standings
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.jobs import collect_job
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, TargetKind, Waiting
from scrape_assets.ledger.pace import LaneState, shut_lanes
from scrape_assets.partitions import FIRST_DATE, collection_key
from scrape_assets.policies import BY_JOBS, PRIORITY, REQUESTED_BY, RUN_PRIORITY
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.resources.flow import FlowResource
from scrape_assets.sources.registry import NoSource, sources_of

JOBS_A_TICK = 5_000
REQUEST_HOLDS = timedelta(minutes=15)
LANES_TOLD = 5  # a feed's servers may be shut by the hundred
ONLY_REQUESTED = {"ops": {"collections": {"config": {"requested_only": True}}}}


@dg.sensor(
    name=BY_JOBS,
    job=collect_job,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Turns rows of scrape_jobs that are due into runs of collections, the most urgent first and every "
    "platform in its turn. Insert a row with target_id and platform, and it is collected.",
)
def pending_scrape_jobs(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SensorResult | dg.SkipReason:
    """One tick: one run for each day and platform that has due jobs."""
    with flow.open() as ctx:
        reclaim_expired(ctx)
        now = ctx.now()
        with ctx.engine.begin() as conn:
            due = jobs.due_jobs(conn, now, JOBS_A_TICK)
            served, refused = _sort_out(due, now.date())
            for reason, job_ids in refused.items():
                jobs.fail_many(conn, job_ids, error_class=ErrorClass.BAD_REQUEST, error=reason, now=now)
                context.log.warning(f"{len(job_ids)} jobs cannot be collected, such as {job_ids[0]}: {reason}")
            unserved = _without_source(ctx, served)
            for nobody, group in unserved.items():
                jobs.put_off(
                    conn,
                    [job.job_id for job in group],
                    error_class=ErrorClass.NOT_CONFIGURED,
                    error=str(nobody),
                    next_attempt_at=nobody.until or ctx.when_unblocked(ErrorClass.NOT_CONFIGURED),
                )
            asked = [job.job_id for group in served.values() for job in group]
            jobs.mark_requested(conn, asked, until=now + REQUEST_HOLDS, now=now)
            waiting = None if served else jobs.count_waiting(conn, now)
            shut = shut_lanes(conn, now) if waiting and waiting.for_their_time else []
    if waiting:
        failed = sum(map(len, refused.values()))
        reasons = sorted({f"{reason}." for reason in unserved}) or [_why_shut(one, now) for one in shut[:LANES_TOLD]]
        return dg.SkipReason(" ".join([_why_nothing(waiting, failed), *reasons]))
    return dg.SensorResult(
        run_requests=[_request(day, platform, group, now) for (day, platform), group in served.items()]
    )


def _sort_out(due: list[Job], today: date) -> tuple[dict[tuple[date, str], list[Job]], dict[str, list[str]]]:
    """Due jobs by partition, and the ids of those that no partition can serve by the reason."""
    served: dict[tuple[date, str], list[Job]] = defaultdict(list)
    refused: dict[str, list[str]] = defaultdict(list)
    for job in due:
        try:
            if parse_platform(job.platform) != job.platform:
                raise ValueError(f"write the platform as {parse_platform(job.platform)}")
            sources_of(job.platform)
            if not FIRST_DATE <= job.collection_date <= today:
                raise ValueError(f"collection_date must lie between {FIRST_DATE} and today, not {job.collection_date}")
        except (ValueError, NoSource) as error:
            refused[str(error)].append(job.job_id)
        else:
            served[job.collection_date, job.platform].append(job)
    return served, refused


def _without_source(ctx: FlowContext, served: dict[tuple[date, str], list[Job]]) -> dict[NobodyToAsk, list[Job]]:
    """Take out the jobs for which nobody can be asked now, for want of a key or of patience: no run helps them."""
    unserved: dict[NobodyToAsk, list[Job]] = {}
    for (day, platform), group in list(served.items()):
        stands = standings(ctx, platform)
        for kind in TargetKind:
            own = [job for job in group if job.target_kind is kind]
            try:
                choose(stands, kind)
            except NobodyToAsk as reason:
                if own and not reason.lasting:  # what can never be served, a run fails with its reason
                    unserved[reason] = own
                    group = [job for job in group if job.target_kind is not kind]
        served[day, platform] = group
        if not group:
            del served[day, platform]
    return unserved


def _request(day: date, platform: str, group: list[Job], now: datetime) -> dg.RunRequest:
    most_urgent = min(group, key=jobs.urgency)
    return dg.RunRequest(
        run_key=None,
        partition_key=collection_key(day, platform),
        run_config=ONLY_REQUESTED,
        tags={
            PRIORITY: RUN_PRIORITY[jobs.aged_priority(most_urgent, now)],
            "platform": platform,
            REQUESTED_BY: BY_JOBS,
        },
    )


def _why_shut(lane: LaneState, now: datetime) -> str:
    return f"{lane.lane} is {lane.why(now)}."


def _why_nothing(waiting: Waiting, refused: int) -> str:
    words = []
    if refused:
        words.append(f"{refused} jobs cannot be collected and have failed with their reason.")
    if waiting.for_their_time:
        words.append(f"{waiting.for_their_time} jobs wait for the time of their next attempt.")
    if waiting.for_a_run:
        words.append(f"{waiting.for_a_run} jobs wait for a run that is already requested.")
    return " ".join(words) or "No job is pending."
