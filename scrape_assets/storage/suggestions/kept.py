"""The suggestions as they are kept: read, counted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.storage.schema import creator_suggestions, creators
from scrape_assets.storage.suggestions.model import Kind, Standing, Suggestion

_row = creator_suggestions.c


def find_suggestions(
    conn: Connection,
    *,
    status: Standing | None = None,
    kind: Kind | None = None,
    platform: str | None = None,
    creator_id: str | None = None,
    at_least: float = 0,
    after: tuple[float, int] | None = None,
    limit: int = 50,
) -> list[Suggestion]:
    """Suggestions, the likeliest first.

    Args:
        conn: for reading.
        status, kind, platform, creator_id: where given, only those.
        at_least: of this score or more.
        after: score and id of the last one that was seen.
        limit: at the most.
    """
    where: list[sa.ColumnElement[bool]] = [_row.score >= at_least]
    if status is not None:
        where.append(_row.status == status)
    if kind is not None:
        where.append(_row.kind == kind)
    if platform is not None:
        where.append(_row.platform == platform)
    if creator_id is not None:
        where.append(sa.or_(_row.creator_id == creator_id, _row.other_creator_id == creator_id))
    if after is not None:
        score, suggestion_id = after
        where.append(sa.or_(_row.score < score, sa.and_(_row.score == score, _row.suggestion_id > suggestion_id)))
    query = _all().where(*where).order_by(_row.score.desc(), _row.suggestion_id).limit(limit)
    return [_read(row) for row in conn.execute(query)]


def get_suggestion(conn: Connection, suggestion_id: int, *, hold: bool = False) -> Suggestion | None:
    """One suggestion; held against others who would decide it, until the transaction ends."""
    query = _all().where(_row.suggestion_id == suggestion_id)
    if hold:
        query = query.with_for_update(of=creator_suggestions)
    row = conn.execute(query).one_or_none()
    return _read(row) if row else None


def count_by_status(conn: Connection) -> dict[Standing, int]:
    """How many there are of each, zero included."""
    counted = sa.select(_row.status, sa.func.count()).group_by(_row.status)
    found: dict[str, int] = {row.status: row[1] for row in conn.execute(counted)}
    return {status: found.get(status, 0) for status in Standing}


def _all() -> sa.Select[Any]:
    other = creators.alias("other_creator")
    return (
        sa.select(creator_suggestions, creators.c.name.label("creator_name"), other.c.name.label("other_creator_name"))
        .join_from(creator_suggestions, creators, _row.creator_id == creators.c.creator_id)
        .outerjoin(other, _row.other_creator_id == other.c.creator_id)
    )


def _read(row: sa.Row[Any]) -> Suggestion:
    values = dict(row._mapping)
    values["kind"], values["status"] = Kind(values["kind"]), Standing(values["status"])
    values["reasons"] = tuple(values["reasons"])
    return Suggestion(**values)
