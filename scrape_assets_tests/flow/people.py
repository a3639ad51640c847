"""Creators, and authors whom nobody follows, straight into the tables. No assertions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.posts.identity import profile_key
from scrape_assets.storage import schema
from scrape_assets.storage.creators import upsert_creator

FIRST_POST = datetime(2026, 11, 3, 8, tzinfo=UTC)
INSTAGRAM = "https://www.instagram.com/mira.okafor/"


@dataclass(frozen=True)
class People:
    """Who is followed, and who writes."""

    engine: Engine

    def creator(self, creator_id: str, name: str, platform: str, url: str) -> None:
        """Somebody who is followed there."""
        with self.engine.begin() as conn:
            upsert_creator(conn, creator_id, name, profile_key(platform, url))

    def author(
        self, platform: str, handle: str, name: str | None, *, author_id: str | None = None, says: str = "Good morning."
    ) -> None:
        """Somebody who has written once."""
        who = {"author_key": handle.casefold(), "author_id": author_id, "author_handle": handle}
        post = {
            "platform": platform,
            "post_id": f"by-{handle}",
            "kind": "post",
            **who,
            "author_name": name,
            "author_url": f"https://{platform}.com/{handle}",
            "text": says,
            "posted_at": FIRST_POST,
            "collected_at": FIRST_POST,
            "snapshot_id": "s",
            "payload_uri": "p",
            "payload_row": 1,
            "mapping_version": 1,
        }
        seen = {name: value or "" for name, value in who.items()}
        times = dict.fromkeys(("first_seen_at", "last_seen_at", "last_posted_at"), FIRST_POST)
        with self.engine.begin() as conn:
            conn.execute(sa.insert(schema.raw_posts).values(post))
            conn.execute(sa.insert(schema.seen_authors).values(platform=platform, **seen, **times))

    def mira(self) -> None:
        """Mira is followed on Instagram, and writes on X, where nobody follows her; others write as well."""
        self.creator("mira", "Mira Okafor", "instagram", INSTAGRAM)
        self.author("x", "MiraOkafor_", "Mira Okafor", author_id="4410")
        self.author("x", "otto_b", "Otto Brandvik")
        self.author("x", "miranda", "Miranda Oak")
