"""`POST /api/admin/scrape`: write jobs, answer at once. Nothing is asked of any source here."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Depends, Header, Request, Response
from sqlalchemy.engine import Connection

from scrape_assets.api.access import require_admin
from scrape_assets.api.asking import base_url_of, caller_of, flow_of
from scrape_assets.api.models import Accepted, AcceptedMany, InlineEvent, ScrapeRequest, jobs_out, written_as
from scrape_assets.api.problems import Problem, guarded
from scrape_assets.api.scrape_many import Wish, new_job
from scrape_assets.api.together import Together
from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import jobs, once
from scrape_assets.ledger.jobs import Job, TargetKind
from scrape_assets.ledger.writes import note_write
from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.storage import creators
from scrape_assets.storage.events import Event, list_events, upsert_event

router = APIRouter(prefix="/api/admin", tags=["scrape"], dependencies=[Depends(require_admin)])
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key and body again give the same jobs, and write nothing.",
    ),
]


@router.post(
    "/scrape",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted | AcceptedMany,
    summary="Ask for a scrape",
    responses=guarded(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
)
async def scrape(
    request: Request,
    asked: Annotated[ScrapeRequest, Body()],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """One job is one target and one platform; a list of platforms makes a job each."""
    wish = Wish(asked, idempotency_key, caller_of(request))
    asking: Together[Wish, list[Job] | None] = request.app.state.asking
    written = await asking.do(wish) if wish.is_plain else None
    if written is None:
        written = await run_sync(_write_alone, flow_of(request), wish)
    out = jobs_out(written, base_url_of(request))
    if isinstance(asked.platform, list):
        return written_as(AcceptedMany(jobs=out), HTTPStatus.ACCEPTED)
    return written_as(Accepted(job=out[0]), HTTPStatus.ACCEPTED, {"location": out[0].url})


def _write_alone(flow: FlowContext, wish: Wish) -> list[Job]:
    with flow.engine.begin() as conn:
        ids = [str(uuid.uuid4()) for _ in wish.asked.platforms]
        if wish.key is not None:
            try:
                before = once.first_time(conn, wish.key, wish.fingerprint, ids, flow.now())
            except once.KeyReused as error:
                raise Problem(HTTPStatus.CONFLICT, str(error)) from None
            if before is not None:
                found = jobs.get_many(conn, before)
                return [found[job_id] for job_id in before if job_id in found]
        written = _write(conn, flow, wish.asked, ids)
        note_write(conn, wish.caller, "scrape", ids)
        return written


def _write(conn: Connection, flow: FlowContext, asked: ScrapeRequest, ids: list[str]) -> list[Job]:
    kind = TargetKind.EVENT if asked.event_id is not None else TargetKind.CREATOR
    target_id = str(asked.event_id or asked.creator_id)
    params = asked.search_params.stored()
    if kind is TargetKind.EVENT:
        params = {**_of_event(conn, target_id, asked), **params}
    else:
        _check_creator(conn, target_id, asked)
    now = flow.now()
    named = zip(ids, asked.platforms, strict=True)
    new = {job_id: new_job(kind, target_id, platform, asked, now, params) for job_id, platform in named}
    return jobs.add_requests(conn, new)


def _of_event(conn: Connection, event_id: str, asked: ScrapeRequest) -> dict[str, object]:
    """What is looked for when the request does not say: what the event says. It is created where it is new."""
    known = list_events(conn, [event_id])
    if not known:
        if asked.event is None:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                f"there is no event {event_id!r}; describe it in `event`, and it is created",
                errors=[("eventId", "is not known")],
            )
        known = [_event(event_id, asked.event)]
        upsert_event(conn, known[0])
    event = known[0]
    for platform in asked.platforms:
        if event.platforms and platform not in event.platforms:
            followed = ", ".join(event.platforms)
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"the event is followed on {followed}, not on {platform}",
                errors=[("platform", f"must be one of {followed}")],
            )
    params: dict[str, object] = {
        "timeRange": {"start": event.starts_at.isoformat(), "end": event.ends_at.isoformat()},
    }
    if event.keywords:
        params["keywords"] = list(event.keywords)
    place = event.search.place
    if place:
        params["location"] = {"lat": place.latitude, "lng": place.longitude, "radius": place.radius_km}
    if not {"keywords", "location"} & {*params, *asked.search_params.stored()}:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "neither the event nor the request names keywords or a location: there is nothing to look for",
            errors=[("searchParams.keywords", "is needed, or searchParams.location")],
        )
    return params


def _event(event_id: str, given: InlineEvent) -> Event:
    place = given.location
    return Event(
        event_id,
        given.name,
        given.starts_at,
        given.ends_at,
        tuple(given.keywords),
        tuple(given.platforms),
        place.lat if place else None,
        place.lng if place else None,
        place.radius if place else None,
    )


def _check_creator(conn: Connection, creator_id: str, asked: ScrapeRequest) -> None:
    """A creator who is not there, or not on that platform, cannot be collected: said now rather than later."""
    url = asked.search_params.profile_url
    for platform in asked.platforms:
        if url is not None:
            try:
                profile_key(platform, url)
            except NotAProfile as error:
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    f"searchParams.profileUrl: {error}",
                    errors=[("searchParams.profileUrl", str(error))],
                ) from None
        elif not creators.has_profile(conn, creator_id, platform):
            there = bool(creators.existing_ids(conn, [creator_id]))
            why = f"the creator has no {platform} profile" if there else f"there is no creator {creator_id!r}"
            raise Problem(HTTPStatus.NOT_FOUND, why, errors=[("platform" if there else "creatorId", why)])
