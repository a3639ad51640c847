"""Writing down what a person has said of a suggestion, and what follows for the creators' profiles."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.storage.schema import creator_suggestions
from scrape_assets.storage.suggestions.model import Author, Standing

_FIRST_POST = sa.text("""
SELECT min(coalesce(posted_at, collected_at)) FROM raw_posts WHERE platform = :platform AND author_key = :author_key
""")
_VALID_FROM = sa.text("""
UPDATE creator_profiles
SET valid_from = greatest(valid_from, CAST(:moment AS timestamptz)),
    platform_user_id = coalesce(platform_user_id, :author_id)
WHERE creator_id = :creator_id AND platform = :platform AND profile_key = :author_key AND valid_to IS NULL
""")
_HAND_OVER = sa.text("UPDATE creator_profiles SET creator_id = :creator_id WHERE creator_id = :other_creator_id")


def decide(conn: Connection, suggestion_id: int, status: Standing, *, by: str, now: datetime) -> None:
    """Write down what a person has said."""
    said = {"status": status, "decided_at": now, "decided_by": by}
    conn.execute(
        sa.update(creator_suggestions).where(creator_suggestions.c.suggestion_id == suggestion_id).values(said)
    )


def hold_from_first_post(conn: Connection, creator_id: str, author: Author) -> None:
    """Let a profile just written hold from the author's first post that is known: before, the name may be another's."""
    first = conn.scalar(_FIRST_POST, {"platform": author.platform, "author_key": author.author_key})
    conn.execute(
        _VALID_FROM,
        {
            "moment": first,
            "author_id": author.author_id,
            "creator_id": creator_id,
            "platform": author.platform,
            "author_key": author.author_key,
        },
    )


def hand_over_profiles(conn: Connection, creator_id: str, other_creator_id: str) -> int:
    """Make one creator's profiles another's, those with an end included, and say how many."""
    values = {"creator_id": creator_id, "other_creator_id": other_creator_id}
    return conn.execute(_HAND_OVER, values).rowcount
