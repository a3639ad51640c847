"""What the ledger says of whom was asked for: jobs, inputs, addresses of calls. Made nameless, not deleted.

They say what was paid for, so the rows stay. Only what has ended is changed: what is under way still needs its input.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.ledger.snapshots.queue import OPEN
from scrape_assets.ledger.states import JobStatus
from scrape_assets.storage.forgetting.people import Subject
from scrape_assets.storage.schema import scrape_attempts, scrape_jobs, snapshots, source_memory

NAMELESS = "forgotten"

_OPEN_JOBS = frozenset({JobStatus.PENDING, JobStatus.PROCESSING})


def jobs_of(conn: Connection, subject: Subject, *, ended: bool) -> list[str]:
    """The jobs that ask for the subject.

    Args:
        conn: to look with.
        subject: who.
        ended: those that have ended, or those that have not.
    """
    job = scrape_jobs.c
    state = job.status.not_in(_OPEN_JOBS) if ended else job.status.in_(_OPEN_JOBS)
    query = sa.select(job.job_id, job.target_kind, job.target_id, job.profile_url, job.search_params).where(state)
    if subject.creator_id is not None:
        query = query.where(sa.or_(job.target_id == subject.creator_id, job.platform.in_(subject.platforms)))
    else:
        query = query.where(job.platform.in_(subject.platforms))
    theirs = []
    for row in conn.execute(query.execution_options(yield_per=5_000)):
        named = (row.profile_url, str((row.search_params or {}).get("profileUrl") or ""))
        is_target = row.target_kind == "creator" and row.target_id == subject.creator_id
        if is_target or any(map(subject.is_asked_for_by, named)):
            theirs.append(row.job_id)
    return theirs


def make_nameless(conn: Connection, subject: Subject) -> dict[str, int]:
    """Take the names out of what has ended, in the caller's transaction.

    Returns:
        How many rows were changed, by table.
    """
    theirs = jobs_of(conn, subject, ended=True)
    job = scrape_jobs.c
    conn.execute(
        sa.update(scrape_jobs)
        .where(job.job_id.in_(theirs))
        .values(
            target_id=NAMELESS,
            profile_url=sa.literal(f"{NAMELESS}:").concat(job.job_id),  # a day's jobs for one target stay apart
            search_params={},
            request_key=None,
            progress=None,
            error=None,
            warning=None,
        )
    )
    changed = _snapshots(conn, subject, set(theirs))
    memory = source_memory.c.target_key
    keys = {key for account in subject.accounts for key in account.keys - account.shared}
    remembered = conn.execute(sa.delete(source_memory).where(memory.in_(keys))).rowcount if keys else 0
    counts = {"scrape_jobs": len(theirs), "snapshots": len(changed), "source_memory": remembered}
    counts["scrape_attempts"] = _attempts(conn, subject, changed)
    return {name: count for name, count in counts.items() if count}


def still_named(conn: Connection, subject: Subject) -> dict[str, int]:
    """How many rows name the subject, of what has ended."""
    jobs = jobs_of(conn, subject, ended=True)
    inputs = [row.snapshot_id for row in _naming(conn, subject) if _without(subject, row, set(jobs))]
    counts = {"scrape_jobs": len(jobs), "snapshots": len(inputs)}
    return {name: count for name, count in counts.items() if count}


def still_open(conn: Connection, subject: Subject) -> int:
    """How many jobs that ask for the subject are under way."""
    return len(jobs_of(conn, subject, ended=False))


def _snapshots(conn: Connection, subject: Subject, jobs: set[str]) -> list[str]:
    changed = []
    for row in _naming(conn, subject):
        values = _without(subject, row, jobs)
        if values:
            conn.execute(sa.update(snapshots).where(snapshots.c.snapshot_id == row.snapshot_id).values(values))
            changed.append(row.snapshot_id)
    return changed


def _naming(conn: Connection, subject: Subject) -> list[sa.Row[Any]]:
    """Snapshots that have ended and may name the subject."""
    if not subject.accounts:
        return []
    words = [word for account in subject.accounts for word in account.words]
    row = snapshots.c
    text = sa.func.concat(sa.cast(row.inputs, sa.Text), sa.func.array_to_string(row.creator_urls, " "))
    named = sa.or_(sa.false(), *(sa.func.strpos(sa.func.lower(text), word.lower()) > 0 for word in words))
    query = sa.select(row.snapshot_id, row.inputs, row.creator_urls).where(
        row.platform.in_(subject.platforms), row.status.not_in(OPEN), named
    )
    return list(conn.execute(query))


def _without(subject: Subject, row: sa.Row[Any], jobs: set[str]) -> dict[str, object]:
    """The columns without the subject's names; empty when there are none."""
    inputs = []
    for given in row.inputs:
        words = [str(given.get("url") or ""), *map(str, (given.get("input") or {}).values())]
        theirs = (given.get("job_id") in jobs and given.get("url") != NAMELESS) or any(
            map(subject.is_asked_for_by, words)
        )
        inputs.append({**given, "url": NAMELESS, "input": {}} if theirs else given)
    urls = [NAMELESS if subject.is_asked_for_by(url) else url for url in row.creator_urls]
    if inputs == row.inputs and urls == row.creator_urls:
        return {}
    return {"inputs": inputs, "creator_urls": urls}


def _attempts(conn: Connection, subject: Subject, snapshot_ids: list[str]) -> int:
    """Calls about these snapshots whose address names the subject."""
    call = scrape_attempts.c
    query = sa.select(call.attempt_id, call.url, call.error).where(call.snapshot_id.in_(snapshot_ids))
    theirs = [row.attempt_id for row in conn.execute(query) if subject.is_named_in(f"{row.url} {row.error or ''}")]
    conn.execute(sa.update(scrape_attempts).where(call.attempt_id.in_(theirs)).values(url=NAMELESS, error=None))
    return len(theirs)
