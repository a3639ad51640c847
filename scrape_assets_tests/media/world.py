"""Matched posts with attachments, and the flow that takes them: everything but the vendor. No assertions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.media.take import Report, take
from scrape_assets.flow.stopping import Stop
from scrape_assets.settings import Settings
from scrape_assets.storage.schema import post_sightings, raw_posts, snapshots
from scrape_assets_tests.media.hosts import Host, running

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLATFORM = "instagram"


@dataclass
class MediaWorld:
    """A ledger with processed snapshots, a host of media, and a clock that stands."""

    engine: Engine
    host: Host
    home: Path
    now: datetime = NOW
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def ctx(self) -> FlowContext:
        """What a run works with; whatever asks a source is not there."""
        settings: dict[str, Any] = {
            "home": self.home,
            "media_platforms": [PLATFORM],
            "media_per_second": 100,
            "media_per_host": 4,
            **self.settings,
        }
        return FlowContext(
            settings=Settings(**settings),
            engine=self.engine,
            archive=None,  # type: ignore[arg-type]
            vendor=None,  # type: ignore[arg-type]
            transports=None,  # type: ignore[arg-type]
            owner="host:1:test",
            run_id="a-run",
            now=lambda: self.now,
            rng=random.Random(1),
            media_policy=self.host.policy(),
            stop=Stop(),
        )

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)

    def snapshot(self, snapshot_id: str, *, platform: str = PLATFORM, **columns: Any) -> str:
        """A snapshot that is loaded and matched."""
        row = {
            "snapshot_id": snapshot_id,
            "source": "brightdata",
            "platform": platform,
            "partition_key": snapshot_id,
            "collection_date": self.now.date(),
            "status": "processed",
            "inputs": [],
            "creator_urls": [],
            "posts_retrieved": 1,
            "created_at": self.now,
            "loaded_at": self.now,
            "matched_at": self.now,
            "processed_at": self.now,
            **columns,
        }
        with self.engine.begin() as conn:
            conn.execute(sa.insert(snapshots).values(row))
        return snapshot_id

    def post(
        self,
        post_id: str,
        media: Sequence[Mapping[str, object] | str],
        *,
        snapshot_id: str = "one",
        creator: str | None = "anna",
        role: str = "author",
        platform: str = PLATFORM,
    ) -> None:
        """A post that a snapshot saw; seen again, it has the newer addresses."""
        attached = [{"type": "image", "url": one} if isinstance(one, str) else dict(one) for one in media]
        values = {
            "platform": platform,
            "post_id": post_id,
            "kind": "post",
            "author_key": creator,
            "author_handle": creator,
            "collected_at": self.now,
            "media": attached,
            "snapshot_id": snapshot_id,
            "payload_uri": "",
            "payload_row": 1,
            "mapping_version": 1,
        }
        with self.engine.begin() as conn:
            seen = {"platform": platform, "post_id": post_id}
            conn.execute(sa.delete(raw_posts).filter_by(**seen))
            conn.execute(sa.insert(raw_posts).values(values))
            conn.execute(sa.insert(post_sightings).values(**seen, feed_key="", snapshot_id=snapshot_id))
            if creator:
                self._creator(conn, creator)
                conn.execute(
                    sa.text("""
                        INSERT INTO creator_content
                            (creator_id, platform, post_id, role, method, confidence, snapshot_id)
                        VALUES (:creator, :platform, :post_id, :role, 'handle', 1, :snapshot_id)
                        ON CONFLICT DO NOTHING
                    """),
                    {**seen, "creator": creator, "role": role, "snapshot_id": snapshot_id},
                )

    def take(self, *snapshot_ids: str, ctx: FlowContext | None = None, **how: Any) -> Report:
        """One run."""
        return take(ctx or self.ctx, snapshot_ids or ("one",), **how)

    def with_settings(self, **settings: Any) -> FlowContext:
        """What another deployment's run would work with."""
        return replace(self.ctx, settings=self.ctx.settings.model_copy(update=settings))

    def rows(self, query: str = "SELECT * FROM media_files ORDER BY post_id, position", **values: Any) -> list[Any]:
        """What a query finds, as rows with names."""
        with self.engine.connect() as conn:
            return list(conn.execute(sa.text(query), values))

    def row(self) -> Any:
        """The only attachment there is."""
        [row] = self.rows()
        return row

    def statuses(self) -> dict[str, int]:
        """How many attachments are in which state."""
        return {row.status: row.n for row in self.rows("SELECT status, count(*) AS n FROM media_files GROUP BY status")}

    def kept(self) -> list[Path]:
        """The files in the store, without thumbnails."""
        return sorted(path for path in self.files() if "thumbnails" not in path.parts)

    def files(self) -> list[Path]:
        """All files in the store and beside it."""
        folders = (self.home / "media", self.home / "media_partial")
        return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())

    def _creator(self, conn: sa.Connection, creator: str) -> None:
        conn.execute(
            sa.text("INSERT INTO creators (creator_id, name) VALUES (:id, :id) ON CONFLICT DO NOTHING"), {"id": creator}
        )


@contextmanager
def media_world(engine: Engine, folder: Path) -> Iterator[MediaWorld]:
    """One snapshot, processed, and nothing in it yet."""
    with running() as host:
        made = MediaWorld(engine, host, (folder / "home").resolve())
        made.snapshot("one")
        yield made
