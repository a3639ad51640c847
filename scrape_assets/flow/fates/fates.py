"""How the jobs of a loaded snapshot end: per input, from what was really delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.having import ended_with
from scrape_assets.flow.fates.verdict import Verdict, judge
from scrape_assets.flow.wanted.narrowing import narrow, narrowed_to
from scrape_assets.flow.wanted.wishes import not_honoured
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Completion, Job
from scrape_assets.ledger.sharing import lock_inputs
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.posts.search import PREFIX, search_key
from scrape_assets.storage.reading import SourceComplaint, complaints, posts_by_feed, posts_in_feeds


def close_jobs(
    ctx: FlowContext, conn: Connection, snapshot: Snapshot, served: Mapping[str, Job], remark: str | None = None
) -> int:
    """End each job of a snapshot whose posts are loaded and matched, in the caller's transaction.

    An input of which nothing came, for a passing reason, is asked for again: it alone, and the job keeps what came. A
    job that had ended with this snapshot is served after all. Any other that was ended before is left alone: this is a
    re-materialization.

    Args:
        ctx: what the flow works with.
        conn: in the caller's transaction.
        snapshot: whose posts are loaded and matched.
        served: its jobs, by id.
        remark: what all who asked should know of the whole.

    Returns:
        How many posts the jobs found.
    """
    snapshot, served = _with_those_tied(conn, snapshot, served)
    by_feed = posts_by_feed(conn, snapshot.snapshot_id)
    said = _complaints_by_input(conn, snapshot)
    waiting = jobs.served_by(conn, snapshot.snapshot_id)
    found = 0
    completed: list[Completion] = []
    again: list[tuple[Job, dict[str, Verdict]]] = []
    for job_id, keys in _inputs_by_job(snapshot).items():
        verdicts = {key: judge(by_feed.get(key, 0), said.get(key, ())) for key in keys}
        posts = posts_in_feeds(conn, {snapshot.snapshot_id: keys}) if len(keys) > 1 else by_feed.get(keys[0], 0)
        found += posts
        whole = not any(verdict.retry for verdict in verdicts.values())
        if job_id not in waiting:
            job = served.get(job_id)
            if not (job and whole and ended_with(job, snapshot)):
                continue
            if not jobs.rejoin(conn, [job_id], snapshot.snapshot_id):
                continue  # somebody replays it at this moment
        if whole:
            completed.append(_completion(conn, snapshot, served[job_id], verdicts, posts, remark))
        else:
            again.append((served[job_id], verdicts))
    jobs.complete_many(conn, completed, ctx.now())
    # One moment for all that are asked again, so that they can be asked for together.
    again_at = ctx.again_at(ErrorClass.VENDOR_FAILED, max(waiting.values(), default=0))
    for job, verdicts in again:
        error = _keep_what_came(conn, snapshot, job, verdicts)
        jobs.retry_later(
            conn,
            job.job_id,
            error_class=ErrorClass.VENDOR_FAILED,
            error=error,
            now=ctx.now(),
            next_attempt_at=again_at,
        )
    return found


def _with_those_tied(
    conn: Connection, snapshot: Snapshot, served: Mapping[str, Job]
) -> tuple[Snapshot, Mapping[str, Job]]:
    """The snapshot as it is asked for by now, kept so until the end: equal jobs may have been tied to it meanwhile."""
    held = lock_inputs(conn, snapshot.snapshot_id)
    if held is None:
        return snapshot, served
    tied = {one.job_id for one in held[1]} - served.keys()
    return replace(snapshot, inputs=tuple(held[1])), {**served, **jobs.get_many(conn, tied)}


def completion_of_nothing(conn: Connection, job: Job, source: str, remark: str) -> Completion:
    """How a job ends whose snapshot turned out to hold nothing: with what earlier ones have brought it."""
    before = narrowed_to(job, source)
    kept = posts_in_feeds(conn, before.came) if before and before.came else 0
    return Completion(job.job_id, kept, "; ".join([remark, *_remarks(job)]))


def _completion(
    conn: Connection,
    snapshot: Snapshot,
    job: Job,
    verdicts: Mapping[str, Verdict],
    posts: int,
    remark: str | None,
) -> Completion:
    before = narrowed_to(job, snapshot.source)
    if before and before.came:
        posts = posts_in_feeds(conn, {**before.came, snapshot.snapshot_id: tuple(verdicts)})
        # It has all of it now: who asks for the same is served with that.
        jobs.note_progress(conn, job.job_id, before.as_progress(), request_key=before.request_key)
    said = [one for one in (remark, _remark(verdicts), *_remarks(job)) if one]
    return Completion(job.job_id, posts, "; ".join(said) or None)


def _keep_what_came(conn: Connection, snapshot: Snapshot, job: Job, verdicts: Mapping[str, Verdict]) -> str:
    """Narrow a job to the inputs that are to be asked for again, and give the reason."""
    left = {key: verdict for key, verdict in verdicts.items() if verdict.retry}
    why = _remark(left) or "nothing came"
    settled = {key: verdict for key, verdict in verdicts.items() if not verdict.retry}
    before = narrowed_to(job, snapshot.source)
    if not settled and not (before and before.came):
        return why
    came = {snapshot.snapshot_id: list(settled)} if settled else {}
    now = narrow(job, snapshot.source, left=list(left), settled=came, note=_remark(settled))
    found = posts_in_feeds(conn, now.came)
    jobs.note_progress(conn, job.job_id, now.as_progress(), posts_found=found)
    return f"its other inputs came; of these alone nothing: {why}"


def _remark(verdicts: Mapping[str, Verdict]) -> str | None:
    """What the source said of some inputs; of several searches, which."""
    said = {key: verdict.remark for key, verdict in verdicts.items() if verdict.remark}
    named = [f"'{key.removeprefix(PREFIX)}': {remark}" if _is_words(key) else remark for key, remark in said.items()]
    return "; ".join(dict.fromkeys(named)) or None


def _is_words(key: str) -> bool:
    """Whether an input is one search among others; not when it is all of an event's at once."""
    return key.startswith(PREFIX) and not key.startswith(search_key("event:"))


def _remarks(job: Job) -> list[str]:
    """What whoever asked for a job should know of how it was served."""
    note = (job.progress or {}).get("note")
    return [str(said) for said in (not_honoured(job.honoured, job.source), note) if said]


def _inputs_by_job(snapshot: Snapshot) -> dict[str, Sequence[str]]:
    """The keys of each job's inputs, each once: two inputs of a job may be two spellings of one search."""
    keys: dict[str, dict[str, None]] = {}
    for item in snapshot.inputs:
        keys.setdefault(item.job_id, {})[_key(snapshot.platform, item.url)] = None
    return {job_id: list(own) for job_id, own in keys.items()}


def _complaints_by_input(conn: Connection, snapshot: Snapshot) -> dict[str, list[SourceComplaint]]:
    by_key: dict[str, list[SourceComplaint]] = {}
    for complaint in complaints(conn, snapshot.snapshot_id):
        by_key.setdefault(_key(snapshot.platform, complaint.input_url), []).append(complaint)
    return by_key


def _key(platform: str, url: str | None) -> str:
    if url and url.startswith(PREFIX):
        return url
    try:
        return profile_key(platform, url).key if url else ""
    except NotAProfile:
        return url or ""
