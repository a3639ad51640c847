"""A small world for the tests of matching: creators, posts loaded through the real loader, and what was matched."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.storage.matching import MatchReport, match_snapshot
from scrape_assets.storage.matching.creators import RematchReport, rematch_creators
from scrape_assets.storage.schema import creator_profiles, creators
from scrape_assets_tests.storage.invented import Loading

NOW = dt.datetime(2026, 11, 3, tzinfo=dt.UTC)


class World:
    """Loads posts, knows creators, matches."""

    def __init__(self, engine: Engine, loading: Loading) -> None:
        self.engine = engine
        self.loading = loading

    def creator(self, creator_id: str, key: str, **profile: Any) -> None:
        """A creator with one more profile."""
        values = {"platform": "linkedin", "profile_key": key, "profile_url": f"https://example.com/{key}"}
        with self.engine.begin() as conn:
            known = sa.select(creators.c.creator_id).where(creators.c.creator_id == creator_id)
            if conn.execute(known).first() is None:
                conn.execute(sa.insert(creators).values(creator_id=creator_id, name=creator_id.title()))
            conn.execute(sa.insert(creator_profiles).values(creator_id=creator_id, **{**values, **profile}))

    def match(self, snapshot_id: str = "s", now: dt.datetime = NOW) -> MatchReport:
        """Match a snapshot."""
        with self.engine.begin() as conn:
            return match_snapshot(conn, snapshot_id, now)

    def rematch(self, *creator_ids: str, now: dt.datetime = NOW, platform: str | None = None) -> RematchReport:
        """Match creators again."""
        with self.engine.begin() as conn:
            return rematch_creators(conn, creator_ids, now, platform=platform)

    def matches(self) -> list[Any]:
        """What is matched, with the method."""
        return self.loading.rows(
            "SELECT creator_id, post_id, role, method, confidence FROM creator_content ORDER BY 1, 2, 3"
        )

    def roles(self) -> list[Any]:
        """What is matched."""
        return [match[:3] for match in self.matches()]

    def do(self, statement: str) -> None:
        """Change something by hand."""
        with self.engine.begin() as conn:
            conn.execute(sa.text(statement))
