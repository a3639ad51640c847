"""`/api/admin/dead-letters`: what nobody tries any more, by cause; and asking again for many at once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Depends
from pydantic import Field, model_validator

from scrape_assets.api.access import require_admin
from scrape_assets.api.asking import Caller, Flow
from scrape_assets.api.models import Identifier, Moment, PlatformName, Wire
from scrape_assets.api.problems import guarded
from scrape_assets.api.replaying import replay_ids
from scrape_assets.ledger.dead_letters import LetterFilter, LetterKind, find
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.operations.causes import NEWEST, newest_by_cause

router = APIRouter(prefix="/api/admin/dead-letters", tags=["dead letters"], dependencies=[Depends(require_admin)])


class CauseOut(Wire):
    """What some dead letters have died of."""

    kind: LetterKind
    error_class: ErrorClass | None
    message: str
    count: int
    platforms: dict[str, int]
    newest: datetime | None
    example: str


class Causes(Wire):
    """The newest 5,000 dead letters by cause, the most frequent first."""

    causes: list[CauseOut]


class Which(Wire):
    """Which dead letters; what is named must hold together. Something must be named."""

    ids: list[Identifier] = Field(default_factory=list, max_length=1_000)
    kind: LetterKind | None = None
    platform: PlatformName | None = None
    target_id: Identifier | None = None
    error_class: ErrorClass | None = None
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Which:
        if not self.filter.names_something:
            raise ValueError("name ids, kind, platform, targetId, errorClass, since or until")
        return self

    @property
    def filter(self) -> LetterFilter:
        """As the ledger knows it."""
        return LetterFilter(
            tuple(self.ids), self.kind, self.platform, self.target_id, self.error_class, self.since, self.until
        )


class Replay(Wire):
    """What came of it."""

    asked_anew: list[str] = Field(description="Jobs that are pending again; a source may charge for them.")
    waiting: list[str] = Field(description="Jobs whose snapshot is taken up again, at no cost.")
    left: dict[str, str] = Field(description="Ids that were left alone, and why.")


@router.get("", summary="Dead letters by cause", responses=guarded())
def causes(flow: Flow) -> Causes:
    """One line for what a thousand have in common."""
    with flow.engine.connect() as conn:
        found = newest_by_cause(conn)
    return Causes(causes=[CauseOut(**asdict(one)) for one in found])


@router.post(
    "/retry",
    summary="Ask again for many",
    responses=guarded(HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def retry(flow: Flow, caller: Caller, which: Annotated[Which, Body()]) -> Replay:
    """At most 5,000 at once. What was paid for and can still be had is not paid for again."""
    with flow.engine.connect() as conn:
        found = [one.id for one in find(conn, which.filter, NEWEST)]
    named = [one for one in which.ids if one not in found]
    done = replay_ids(flow, [*found, *named], caller, "replay")
    return Replay(asked_anew=done.pending, waiting=done.waiting, left=dict(done.left))
