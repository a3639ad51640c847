"""Which attachments are wanted: those of a snapshot's matched posts, each once, whatever its signature is now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from scrape_assets.posts.media_address import file_key, signed_until
from scrape_assets.storage.forgetting.facts import SHARE_LOCK
from scrape_assets.storage.schema import media_files, media_snapshots

POSTS_AT_ONCE = 500

# The newest observation's addresses, whichever snapshot brought it: of two signatures the younger lasts longer.
_WANTED = sa.text("""
    SELECT post.platform, post.post_id, post.media
    FROM raw_posts AS post
    JOIN (SELECT DISTINCT platform, post_id FROM post_sightings WHERE snapshot_id = :snapshot_id) AS seen
        ON (seen.platform, seen.post_id) = (post.platform, post.post_id)
    WHERE jsonb_typeof(post.media) = 'array' AND EXISTS (
        SELECT FROM creator_content AS belongs
        WHERE (belongs.platform, belongs.post_id) = (post.platform, post.post_id) AND belongs.role = ANY(:roles)
    )
    ORDER BY post.platform, post.post_id
""")

# Equal files that are here already, under another post.
_ADOPT = sa.text("""
    UPDATE media_files AS file
    SET status = 'stored', reason = twin.reason, sha256 = twin.sha256, mime_type = twin.mime_type,
        bytes = twin.bytes, width = twin.width, height = twin.height, uri = twin.uri,
        thumbnail_uri = twin.thumbnail_uri, fetched_at = twin.fetched_at, next_attempt_at = NULL
    FROM media_files AS twin
    WHERE file.snapshot_id = :snapshot_id AND file.status = 'waiting' AND twin.status = 'stored'
      AND (twin.platform, twin.url_key) = (file.platform, file.url_key)
""")

_RETRY = sa.text("""
    UPDATE media_files AS file
    SET status = 'waiting', reason = NULL, attempts = 0, next_attempt_at = :now
    WHERE status IN ('refused', 'failed', 'expired')
      AND (platform, post_id) IN (SELECT platform, post_id FROM post_sightings WHERE snapshot_id = :snapshot_id)
""")


@dataclass(frozen=True)
class Listed:
    """What of a snapshot is wanted."""

    posts: int = 0  # matched ones with attachments
    files: int = 0  # pictures, videos and sounds among them
    left_out: int = 0  # beyond the most that are taken of a post
    others: int = 0  # links and documents, which are not taken
    announced_files: int = 0  # of which the source said how large they are
    announced_bytes: int = 0


def list_media(
    conn: Connection,
    snapshot_id: str,
    *,
    roles: Collection[str],
    kinds: Collection[str],
    most_of_a_post: int,
    now: datetime,
    retry: bool = False,
) -> Listed:
    """Write down the attachments of a snapshot's matched posts, in the caller's transaction. Again adds what is new.

    A known one under another signature gets the new address, and a new chance if it had expired or failed.

    Args:
        conn: to read and write with.
        snapshot_id: whose posts.
        roles: in which a post must belong to a creator.
        kinds: of image, video, audio.
        most_of_a_post: the first so many.
        now: the time.
        retry: also give those another chance that were refused, given up or have expired.
    """
    # Nobody is forgotten between the reading and the writing.
    conn.exec_driver_sql(SHARE_LOCK)
    reading = {"snapshot_id": snapshot_id, "roles": list(roles)}
    answer = conn.execute(_WANTED, reading, execution_options={"yield_per": POSTS_AT_ONCE})
    total = Listed()
    for some in answer.partitions(POSTS_AT_ONCE):
        rows: dict[tuple[str, str, str], dict[str, object]] = {}
        for post in some:
            total, wanted = _of_post(total, post.media, kinds, most_of_a_post)
            for position, medium in wanted:
                url = str(medium["url"])
                row = _row(post.platform, post.post_id, position, str(medium["type"]), url, snapshot_id, now)
                rows.setdefault((post.platform, post.post_id, str(row["url_key"])), row)
        if rows:
            conn.execute(_upsert(list(rows.values())))
    if retry:
        conn.execute(_RETRY, {"snapshot_id": snapshot_id, "now": now})
    conn.execute(_ADOPT, {"snapshot_id": snapshot_id})
    noted = insert(media_snapshots).values(snapshot_id=snapshot_id, planned_at=now)
    conn.execute(
        noted.on_conflict_do_update(index_elements=["snapshot_id"], set_={"planned_at": noted.excluded.planned_at})
    )
    return total


def _of_post(
    total: Listed, media: Sequence[Any], kinds: Collection[str], most: int
) -> tuple[Listed, list[tuple[int, dict[str, Any]]]]:
    files = [
        (position, medium)
        for position, medium in enumerate(media, start=1)
        if isinstance(medium, dict) and medium.get("type") in kinds and isinstance(medium.get("url"), str)
    ]
    wanted = files[:most]
    sizes = [medium["bytes"] for _, medium in wanted if isinstance(medium.get("bytes"), int) and medium["bytes"] > 0]
    return Listed(
        posts=total.posts + bool(media),
        files=total.files + len(wanted),
        left_out=total.left_out + len(files) - len(wanted),
        others=total.others + len(media) - len(files),
        announced_files=total.announced_files + len(sizes),
        announced_bytes=total.announced_bytes + sum(sizes),
    ), wanted


def _row(
    platform: str, post_id: str, position: int, kind: str, url: str, snapshot_id: str, now: datetime
) -> dict[str, object]:
    return {
        "platform": platform,
        "post_id": post_id,
        "url_key": file_key(url),
        "url": url,
        "position": min(position, 32_000),
        "kind": kind,
        "expires_at": signed_until(url),
        "next_attempt_at": now,
        "snapshot_id": snapshot_id,
        "found_at": now,
    }


def _upsert(rows: list[dict[str, object]]) -> sa.Executable:
    given = insert(media_files).values(rows)
    new, old = given.excluded, media_files.c
    again = old.status.in_(("expired", "failed", "waiting"))
    changed: dict[str, Any] = {
        "url": new.url,
        "expires_at": new.expires_at,
        "snapshot_id": new.snapshot_id,
        "status": sa.case((again, "waiting"), else_=old.status),
        "reason": sa.case((again, None), else_=old.reason),
        "attempts": sa.case((again, 0), else_=old.attempts),
        "next_attempt_at": sa.case((again, new.next_attempt_at), else_=None),
    }
    return given.on_conflict_do_update(
        index_elements=["platform", "post_id", "url_key"],
        set_=changed,
        where=sa.and_(old.status != "stored", old.url != new.url),
    )
