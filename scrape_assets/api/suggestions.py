"""`/api/admin/suggestions`: who may be whom, for a person to accept or reject. Nothing is matched before that."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from scrape_assets.api.access import require_admin
from scrape_assets.api.asking import Caller, Flow, asking
from scrape_assets.api.models import Identifier, PlatformName, Wire
from scrape_assets.api.problems import Problem, guarded
from scrape_assets.api.threads import slowly
from scrape_assets.api.under_way import UnderWay
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.targets import deciding
from scrape_assets.flow.targets.suggest import refresh
from scrape_assets.storage.suggestions import (
    Kind,
    Standing,
    Suggestion,
    count_by_status,
    find_suggestions,
    get_suggestion,
)

router = APIRouter(prefix="/api/admin/suggestions", tags=["suggestions"], dependencies=[Depends(require_admin)])
LARGEST_ID = 2**63 - 1
SuggestionId = Annotated[int, Path(ge=1, le=LARGEST_ID, examples=[17])]


class SuggestionOut(Wire):
    """An account that may be a creator's, or two creators who may be one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "suggestionId": 17,
                    "kind": "profile",
                    "creatorId": "mira-okafor",
                    "creatorName": "Mira Okafor",
                    "otherCreatorId": None,
                    "otherCreatorName": None,
                    "platform": "x",
                    "authorKey": "miraokafor",
                    "authorId": "4410",
                    "authorHandle": "miraokafor",
                    "authorName": "Mira Okafor",
                    "authorUrl": "https://x.com/miraokafor",
                    "score": 0.945,
                    "reasons": ["the same name: Mira Okafor", "followed on instagram"],
                    "status": "open",
                    "suggestedAt": "2026-11-21T08:30:00Z",
                    "decidedAt": None,
                    "decidedBy": None,
                }
            ]
        }
    )

    suggestion_id: int
    kind: Kind = Field(description="profile: the author may be the creator; same_person: the two creators may be one.")
    creator_id: str
    creator_name: str
    other_creator_id: str | None
    other_creator_name: str | None
    platform: str | None
    author_key: str | None
    author_id: str | None
    author_handle: str | None
    author_name: str | None
    author_url: str | None
    score: float = Field(description="How much they look alike, 0 to 1. Not a probability.")
    reasons: list[str]
    status: Standing
    suggested_at: datetime
    decided_at: datetime | None
    decided_by: str | None


class SuggestionPage(Wire):
    """Some suggestions, the likeliest first, and how many there are of each status."""

    counts: dict[str, int]
    suggestions: list[SuggestionOut]
    next_cursor: str | None
    last_refresh: dict[str, Any] | None = Field(description="What the last one of this process came to; null: none.")


class RefreshStarted(Wire):
    """The refresh goes on by itself; the list tells what it came to."""

    started: bool = True
    url: str


def refreshing() -> UnderWay:
    """The refresh of this process."""
    return UnderWay("refresh", lambda flow: asdict(refresh(flow)))


class SuggestionQuery(BaseModel):
    """Which suggestions."""

    status: Standing | None = Standing.OPEN
    kind: Kind | None = None
    platform: PlatformName | None = None
    creator: Annotated[Identifier | None, Field(description="Either of two.")] = None
    at_least: Annotated[float, Field(ge=0, le=1, alias="atLeast", description="Of this score or more.")] = 0
    cursor: Annotated[str | None, Field(max_length=500)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("", summary="Suggestions, the likeliest first", responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY))
def list_suggestions(flow: Flow, request: Request, query: Annotated[SuggestionQuery, Query()]) -> SuggestionPage:
    """A page; what is suggested or decided meanwhile moves no other to another page."""
    after = None if query.cursor is None else _read_cursor(query.cursor)
    with asking(flow) as conn:
        found = find_suggestions(
            conn,
            status=query.status,
            kind=query.kind,
            platform=query.platform,
            creator_id=query.creator,
            at_least=query.at_least,
            after=after,
            limit=query.limit + 1,
        )
        counts = count_by_status(conn)
    page = found[: query.limit]
    return SuggestionPage(
        counts={str(status): count for status, count in counts.items()},
        suggestions=[_out(one) for one in page],
        next_cursor=_cursor_after(page[-1]) if len(found) > query.limit else None,
        last_refresh=request.app.state.refreshing.last,
    )


@router.post(
    "/refresh",
    status_code=HTTPStatus.ACCEPTED,
    summary="Compare everybody anew",
    responses=guarded(HTTPStatus.CONFLICT),
)
def refresh_suggestions(flow: Flow, request: Request, caller: Caller, background: BackgroundTasks) -> RefreshStarted:
    """As each day by itself: what follows from everything known now is suggested, what no longer does is withdrawn."""
    under_way: UnderWay = request.app.state.refreshing
    if not under_way.begin(flow, caller):
        raise Problem(
            HTTPStatus.CONFLICT, "a refresh is under way already; lastRefresh of the list tells what comes of it"
        )
    background.add_task(slowly, request.app, under_way.run, flow)
    return RefreshStarted(url=str(request.url.replace(path=router.prefix, query="")))


@router.get(
    "/{suggestion_id}",
    summary="A suggestion",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND),
)
def show_suggestion(flow: Flow, suggestion_id: SuggestionId) -> SuggestionOut:
    """With its reasons, and who decided it."""
    with asking(flow) as conn:
        found = get_suggestion(conn, suggestion_id)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no suggestion {suggestion_id}")
    return _out(found)


@router.post(
    "/{suggestion_id}/accept",
    summary="It is so",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def accept_suggestion(flow: Flow, caller: Caller, suggestion_id: SuggestionId) -> SuggestionOut:
    """The account becomes a profile of the creator, or the other creator's profiles do. Old posts are matched soon."""
    return _decide(deciding.accept, flow, caller, suggestion_id)


@router.post(
    "/{suggestion_id}/reject",
    summary="It is not so",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def reject_suggestion(flow: Flow, caller: Caller, suggestion_id: SuggestionId) -> SuggestionOut:
    """It is never suggested again."""
    return _decide(deciding.reject, flow, caller, suggestion_id)


def _decide(how: Callable[..., Suggestion], flow: FlowContext, caller: str, suggestion_id: int) -> SuggestionOut:
    try:
        return _out(how(flow, suggestion_id, by=caller))
    except deciding.NoSuggestion as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None
    except deciding.NotOpen as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from None


def _out(one: Suggestion) -> SuggestionOut:
    named = {name: getattr(one, name) for name in SuggestionOut.model_fields if name != "reasons"}
    named |= {name: named[name] or None for name in ("platform", "author_key")}
    return SuggestionOut(**named, reasons=list(one.reasons))


def _cursor_after(one: Suggestion) -> str:
    return base64.urlsafe_b64encode(json.dumps([one.score, one.suggestion_id]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[float, int]:
    try:
        score, suggestion_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        known = isinstance(score, float | int) and math.isfinite(score) and type(suggestion_id) is int
        if known and 0 <= suggestion_id <= LARGEST_ID:
            return float(score), suggestion_id
    except (ValueError, TypeError, binascii.Error, OverflowError):
        pass
    said = "this cursor was given by no page"
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"cursor: {said}", errors=[("cursor", said)])
