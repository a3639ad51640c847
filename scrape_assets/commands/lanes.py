"""The lanes that are shut or slowed, as `status` and `sources` show them. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Engine

from scrape_assets.commands.terminal import print_rows
from scrape_assets.ledger.pace import LaneState, lane_states


def troubled_lanes(engine: Engine) -> list[dict[str, Any]]:
    """Lanes through which nothing goes now, or less than usual."""
    now = datetime.now(UTC)
    with engine.connect() as conn:
        return [_told(state, now) for state in lane_states(conn, now) if _is_troubled(state, now)]


def _is_troubled(state: LaneState, now: datetime) -> bool:
    return state.shut_until(now) is not None or state.pace < 1 or state.throttles > 0


def _told(state: LaneState, now: datetime) -> dict[str, Any]:
    return {
        "lane": str(state.lane),
        "until": state.shut_until(now),
        "why": state.why(now),
        "pace": state.pace,
        "throttles": state.throttles,
        "in_flight": state.in_flight,
    }


def print_lanes(lanes: Sequence[dict[str, Any]]) -> None:
    """The same as a table; nothing when all is well."""
    if lanes:
        print_rows(
            ("asked together", "pace", "429 in 5 min", "under way", "now"),
            (
                (one["lane"], f"{one['pace']:.0%}", one["throttles"], one["in_flight"], one["why"] or "asked, slowly")
                for one in lanes
            ),
            title="left alone or slowed",
            give_way=("under way", "429 in 5 min"),
        )
