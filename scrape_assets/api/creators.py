"""`/api/admin/creators/{creator_id}/rematch`: match a creator anew over all that was ever collected."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import ConfigDict, Field

from scrape_assets.api.access import require_admin
from scrape_assets.api.asking import Caller, Flow
from scrape_assets.api.models import Identifier, Wire
from scrape_assets.api.problems import Problem, guarded
from scrape_assets.ledger.writes import note_write
from scrape_assets.storage.creators import existing_ids
from scrape_assets.storage.matching.creators import ask_for_rematch

router = APIRouter(prefix="/api/admin/creators", tags=["creators"], dependencies=[Depends(require_admin)])


class RematchOut(Wire):
    """What will be done."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"creatorId": "mira-okafor", "platforms": ["instagram", "x"]}]}
    )

    creator_id: str
    platforms: list[str] = Field(description="Where the creator is matched anew.")


@router.post(
    "/{creator_id}/rematch",
    status_code=HTTPStatus.ACCEPTED,
    summary="Match a creator anew",
    responses=guarded(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND),
)
def rematch(flow: Flow, caller: Caller, creator_id: Annotated[Identifier, Path()]) -> RematchOut:
    """Noted; the sensor changed_creators does it within seconds, from the tables alone. Twice is as good as once."""
    with flow.engine.begin() as conn:
        if not existing_ids(conn, [creator_id]):
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no creator {creator_id!r}")
        platforms = ask_for_rematch(conn, creator_id)
        note_write(conn, caller, "rematch", [creator_id])
    return RematchOut(creator_id=creator_id, platforms=platforms)
