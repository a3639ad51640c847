"""How the jobs of a snapshot end, and the snapshot with them: per input, from what was really delivered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.wishes import not_honoured
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import OURS, RETRYABLE, ErrorClass
from scrape_assets.ledger.jobs import Job
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.posts.search import PREFIX
from scrape_assets.storage.reading import SourceComplaint, complaints, posts_by_feed, posts_in_feeds

# What the vendor itself calls passing: the page did not load this time.
TRANSIENT_CODES = frozenset(
    {"crawl_failed", "crawl_error", "net_err_timed_out", "blocked", "wait_element_timeout", "click_timeout"}
)

GIVEN_UP = "given up, nothing is asked again by itself"


@dataclass(frozen=True)
class Verdict:
    """How one input fared."""

    posts: int
    retry: bool  # nothing came and the reason is passing
    remark: str | None


def judge(posts: int, said: Iterable[SourceComplaint]) -> Verdict:
    """Decide from the posts delivered for an input and from what the source complained about it."""
    said = list(said)
    remark = "; ".join(sorted({f"{one.code or one.reason}: {one.detail}" for one in said})) or None
    if posts:
        return Verdict(posts, retry=False, remark=remark)
    if said and all(one.code in TRANSIENT_CODES for one in said):
        return Verdict(0, retry=True, remark=remark)
    if any(one.code == "dead_page" for one in said):
        remark = f"{remark} (the page may be deleted, private, or simply without posts in this period)"
    return Verdict(0, retry=False, remark=remark)


def close_jobs(ctx: FlowContext, conn: Connection, snapshot: Snapshot, served: Mapping[str, Job]) -> int:
    """End each job of a snapshot whose posts are loaded and matched, in the caller's transaction.

    A job that was ended before (this is a re-materialization) is left alone.

    Returns:
        How many posts the jobs found.
    """
    by_feed = posts_by_feed(conn, snapshot.snapshot_id)
    by_key: dict[str, list[SourceComplaint]] = {}
    for complaint in complaints(conn, snapshot.snapshot_id):
        by_key.setdefault(_key(snapshot.platform, complaint.input_url), []).append(complaint)
    waiting = jobs.served_by(conn, snapshot.snapshot_id)
    # One moment for all that are asked again, so that they can be asked for together.
    again_at = ctx.next_attempt(max(waiting.values(), default=0))
    found = 0
    keys_of: dict[str, list[str]] = {}
    for item in snapshot.inputs:
        keys_of.setdefault(item.job_id, []).append(_key(snapshot.platform, item.url))
    for job_id, keys in keys_of.items():
        own = dict.fromkeys(keys)  # two inputs of a job may be two spellings of one search
        said = [complaint for key in own for complaint in by_key.get(key, ())]
        verdict = judge(
            posts_in_feeds(conn, snapshot.snapshot_id, own) if len(own) > 1 else by_feed.get(keys[0], 0), said
        )
        found += verdict.posts
        if job_id in waiting:
            _close(ctx, conn, served[job_id], verdict, again_at)
    return found


def _key(platform: str, url: str | None) -> str:
    if url and url.startswith(PREFIX):
        return url
    try:
        return profile_key(platform, url).key if url else ""
    except NotAProfile:
        return url or ""


def _close(ctx: FlowContext, conn: Connection, job: Job, verdict: Verdict, again_at: datetime) -> None:
    if verdict.retry:
        jobs.retry_later(
            conn,
            job.job_id,
            error_class=ErrorClass.VENDOR_FAILED,
            error=verdict.remark or "nothing came",
            now=ctx.now(),
            next_attempt_at=again_at,
        )
    else:
        warning = "; ".join(filter(None, [verdict.remark, *_remarks(job)])) or None
        jobs.complete(conn, job.job_id, posts_found=verdict.posts, warning=warning, now=ctx.now())


def _remarks(job: Job) -> list[str]:
    """What whoever asked for a job should know of how it was served."""
    note = (job.progress or {}).get("note")
    return [str(said) for said in (not_honoured(job.honoured, job.source), note) if said]


def close_empty(ctx: FlowContext, snapshot: Snapshot, remark: str) -> SnapshotStatus:
    """The source looked and found nothing. Empty is a result: the snapshot is done and so are its jobs."""
    with ctx.engine.begin() as conn:
        if snapshot.status is SnapshotStatus.PROCESSING:
            snapshots.loaded(
                conn, snapshot.snapshot_id, posts_retrieved=0, rows_rejected=0, now=ctx.now(), owner=ctx.owner
            )
            snapshots.matched(conn, snapshot.snapshot_id, posts_matched=0, now=ctx.now(), owner=ctx.owner)
            snapshots.finish_processing(conn, snapshot.snapshot_id, ctx.now(), ctx.owner)
        else:
            snapshots.observed(conn, snapshot.snapshot_id, SnapshotStatus.PROCESSED, now=ctx.now())
        for job_id in jobs.served_by(conn, snapshot.snapshot_id):
            jobs.complete(conn, job_id, posts_found=0, warning=remark, now=ctx.now())
    return SnapshotStatus.PROCESSED


def close_failed(
    ctx: FlowContext, snapshot: Snapshot, status: SnapshotStatus, error_class: ErrorClass, error: str
) -> SnapshotStatus:
    """The source will not deliver it. The jobs are asked again where that can help, and end where it cannot."""
    with ctx.engine.begin() as conn:
        if snapshot.status is SnapshotStatus.PROCESSING:
            snapshots.fail_processing(conn, snapshot.snapshot_id, error_class, error, to=status, owner=ctx.owner)
        else:
            snapshots.observed(conn, snapshot.snapshot_id, status, now=ctx.now(), error_class=error_class, error=error)
        waiting = jobs.served_by(conn, snapshot.snapshot_id)
        if status is SnapshotStatus.CANCELED:
            for job_id in waiting:
                jobs.cancel(conn, job_id, ctx.now())
        elif status is SnapshotStatus.FAILED:
            again_at = ctx.again_at(error_class, max(waiting.values(), default=0))
            end_or_retry(conn, waiting, error_class, error, now=ctx.now(), again_at=again_at)
        else:
            for job_id in waiting:
                jobs.fail(conn, job_id, error_class=error_class, error=error, now=ctx.now())
    return status


def end_or_retry(
    conn: Connection,
    job_ids: Iterable[str],
    error_class: ErrorClass,
    error: str,
    *,
    now: datetime,
    again_at: datetime,
) -> None:
    """What becomes of jobs whose snapshot the source refused or failed, in the caller's transaction.

    They are asked again at `again_at`: without an attempt spent where the fault is ours (throttled, refused, unpaid),
    with one where another may help. Else they end.
    """
    for job_id in job_ids:
        if error_class in OURS:
            jobs.postpone(conn, job_id, error_class=error_class, error=error, next_attempt_at=again_at)
        elif error_class in RETRYABLE:
            jobs.retry_later(conn, job_id, error_class=error_class, error=error, now=now, next_attempt_at=again_at)
        else:
            jobs.fail(conn, job_id, error_class=error_class, error=error, now=now)


def fail_jobs_of_the_dead(ctx: FlowContext, conn: Connection, snapshot: Snapshot) -> None:
    """End the jobs of a snapshot that is given up, in the caller's transaction. A person decides what comes next."""
    error = f"its snapshot {snapshot.snapshot_id} is dead: {snapshot.error}"
    for job_id in jobs.served_by(conn, snapshot.snapshot_id):
        jobs.fail(conn, job_id, error_class=snapshot.error_class or ErrorClass.BAD_DATA, error=error, now=ctx.now())


def past_deadline(ctx: FlowContext, snapshot: Snapshot) -> bool:
    """Whether the source has had a snapshot for longer than anybody waits."""
    deadline = timedelta(hours=ctx.settings.snapshot_deadline_hours)
    return ctx.now() - (snapshot.triggered_at or snapshot.created_at) > deadline
