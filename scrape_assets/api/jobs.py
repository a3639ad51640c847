"""`/api/admin/jobs`: what was asked for, how it fares, and asking again or calling off."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from scrape_assets.api.access import require_admin
from scrape_assets.api.asking import BaseUrl, Caller, Flow, asking, base_url_of, flow_of
from scrape_assets.api.counting import Counted, Counting
from scrape_assets.api.models import (
    Accepted,
    Identifier,
    JobCounts,
    JobPage,
    JobStory,
    Moment,
    PlatformName,
    job_out,
    written_page,
)
from scrape_assets.api.problems import Problem, guarded
from scrape_assets.api.replaying import replay_ids
from scrape_assets.api.stories import job_story
from scrape_assets.api.together import SharedAnswers
from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, Priority, TargetKind
from scrape_assets.ledger.jobs.search import BadCursor, Search, Sort, search_jobs
from scrape_assets.ledger.states import JobStatus, NotInLedger
from scrape_assets.ledger.writes import note_write

router = APIRouter(prefix="/api/admin/jobs", tags=["jobs"], dependencies=[Depends(require_admin)])
JobId = Annotated[Identifier, Path()]


class JobQuery(BaseModel):
    """Which jobs, in which order."""

    status: list[JobStatus] | None = None
    platform: list[PlatformName] | None = None
    source: Identifier | None = None
    creator: Identifier | None = None
    event: Identifier | None = None
    priority: Priority | None = None
    error_class: Annotated[ErrorClass | None, Field(alias="errorClass")] = None
    text: Annotated[Identifier | None, Field(description="A part of the error or the warning.")] = None
    since: Annotated[Moment | None, Field(description="Created at or after.")] = None
    until: Annotated[Moment | None, Field(description="Created before.")] = None
    sort: Sort = Sort.NEWEST
    cursor: Annotated[str | None, Field(max_length=500)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    @property
    def search(self) -> Search:
        """As the ledger knows it."""
        return Search(
            statuses=self.status or (),
            platforms=self.platform or (),
            source=self.source,
            target_kind=_kind(self.creator, self.event),
            target_id=self.creator or self.event,
            priority=self.priority,
            error_class=self.error_class,
            text=self.text,
            created_from=self.since,
            created_to=self.until,
        )


@router.get(
    "",
    response_model=JobPage,
    summary="Jobs, and how many there are",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def list_jobs(request: Request, query: Annotated[JobQuery, Query()]) -> Response:
    """A page of jobs, the newest first; jobs that come meanwhile move no other to another page."""
    if query.creator is not None and query.event is not None:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "a job has one target: filter by creator or by event",
            errors=[("event", "")],
        )
    base_url = base_url_of(request)
    pages: SharedAnswers[bytes] = request.app.state.pages
    make = partial(_page, flow_of(request), request.app.state.counting, query, base_url)
    return Response(await pages.to((base_url, request.scope["query_string"]), make), media_type="application/json")


def _page(flow: FlowContext, counting: Counting, query: JobQuery, base_url: str) -> bytes:
    counted = counting.counts()
    try:
        with asking(flow) as conn:
            page = search_jobs(conn, query.search, sort=query.sort, cursor=query.cursor, limit=query.limit)
    except BadCursor as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"cursor: {error}", errors=[("cursor", str(error))]) from None
    return written_page(_counts(counted), page.jobs, base_url, page.next_cursor)


@router.get(
    "/{job_id}",
    summary="A job's story",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND),
)
def show_job(flow: Flow, base_url: BaseUrl, job_id: JobId) -> JobStory:
    """Every change of state, call, snapshot and cost; and why it waits."""
    return job_story(flow, job_id, base_url)


@router.post(
    "/{job_id}/retry",
    status_code=HTTPStatus.ACCEPTED,
    summary="Ask again",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def retry_job(flow: Flow, base_url: BaseUrl, caller: Caller, job_id: JobId) -> Accepted:
    """Begin a failed or dead job anew. What was paid for and can still be had is not paid for again."""
    with flow.engine.connect() as conn:
        before = _job(jobs.get(conn, job_id), job_id)
    done = replay_ids(flow, [job_id], caller, "retry")
    if done.left:
        raise Problem(HTTPStatus.CONFLICT, f"job {job_id} is {before.status}: {done.left[0][1]}")
    with flow.engine.connect() as conn:
        job = _job(jobs.get(conn, job_id), job_id)
    return Accepted(job=job_out(job, base_url))


@router.post(
    "/{job_id}/cancel",
    summary="Call off",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def cancel_job(flow: Flow, base_url: BaseUrl, caller: Caller, job_id: JobId) -> Accepted:
    """Call a pending or processing job off. What its snapshot brings is loaded all the same: it is paid for."""
    with flow.engine.begin() as conn:
        jobs.cancel(conn, job_id, flow.now())
        note_write(conn, caller, "cancel", [job_id])
        job = _job(jobs.get(conn, job_id), job_id)
    return Accepted(job=job_out(job, base_url))


def _job(job: Job | None, job_id: str) -> Job:
    if job is None:
        raise NotInLedger(f"There is no job {job_id!r}")
    return job


def _kind(creator: str | None, event: str | None) -> TargetKind | None:
    if creator is not None:
        return TargetKind.CREATOR
    return TargetKind.EVENT if event is not None else None


def _counts(counted: Counted) -> JobCounts:
    return JobCounts(
        by_status={str(status): number for status, number in counted.by_status.items()},
        by_platform={
            platform: {str(status): number for status, number in counts.items()}
            for platform, counts in sorted(counted.by_platform.items())
        },
        counted_at=counted.at,
    )
