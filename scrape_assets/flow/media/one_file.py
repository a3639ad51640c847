"""One attachment: fetched, looked at, kept, and what became of it written down. Its own faults raise nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scrape_assets.flow.context import FlowContext
from scrape_assets.posts.media_address import is_signed
from scrape_assets.posts.media_types import FileType
from scrape_assets.sources.media.fetch import Cut, Gone, Limits, MediaClient, Refused
from scrape_assets.sources.media.partial import Busy, Partial
from scrape_assets.storage.media import rows
from scrape_assets.storage.media.pictures import NoPicture, Picture, look_at
from scrape_assets.storage.media.rows import Kept, Wanted
from scrape_assets.storage.media.store import MediaStore

# Before an address ends the last attempt is made; nothing is fetched in less.
MARGIN = timedelta(seconds=60)
BASE_SECONDS, CAP_SECONDS = 60.0, 6 * 3600.0
BUSY = timedelta(minutes=2)
HOST_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Fate:
    """What became of a file."""

    status: str  # stored, waiting, refused, expired, failed, unwanted (who was forgotten needs it no more)
    bytes: int = 0
    reason: str | None = None
    leave_alone: timedelta | None = None  # what its host asks for


def take_one(ctx: FlowContext, client: MediaClient, store: MediaStore, wanted: Wanted) -> Fate:
    """Take one file.

    Raises:
        OSError: nothing can be written, here or in the store.
        Interrupted: it was asked to stop; what has come is kept, and no attempt is spent.
    """
    if wanted.expires_at and wanted.expires_at <= ctx.now():
        return _end(ctx, wanted, "expired", f"its address was good until {wanted.expires_at:%Y-%m-%d %H:%M} UTC")
    limits = Limits(ctx.settings.media_max_bytes, frozenset(ctx.settings.media_types))
    try:
        with Partial.held(ctx.settings.media_partial, wanted.url_key) as partial:
            found = client.fetch(wanted.url, partial, limits, ctx.stop.look)
            return _keep(ctx, store, wanted, partial, found)
    except Busy:
        until = ctx.now() + BUSY
        with ctx.engine.begin() as conn:
            rows.put_off(conn, wanted, "another run is at it", until, counts=False)
        return Fate("waiting", reason="another run is at it")
    except (Refused, NoPicture) as error:
        return _end(ctx, wanted, "refused", str(error))
    except Gone as error:
        gone = error.status_code in HOST_GONE or is_signed(wanted.url)
        return _end(ctx, wanted, "expired" if gone else "refused", str(error))
    except Cut as error:
        return _again(ctx, wanted, error)


def _keep(ctx: FlowContext, store: MediaStore, wanted: Wanted, partial: Partial, found: FileType) -> Fate:
    picture = Picture()
    if found.kind == "image":
        try:
            picture = look_at(partial.path, found.mime_type)
        except NoPicture:
            partial.discard()
            raise
    sha256, length = partial.sha256(), partial.length
    # Who forgets somebody waits for this transaction, so no file is kept whose rows are gone.
    with ctx.engine.begin() as conn:
        if not rows.hold(conn, wanted):
            partial.discard()
            return Fate("unwanted")
        uri = store.keep(sha256, found.extension, length, partial.chunks())
        thumbnail = store.keep_thumbnail(sha256, picture.thumbnail) if picture.thumbnail else None
        kept = Kept(
            sha256, found.mime_type, length, uri, picture.width, picture.height, thumbnail, reason=picture.remark
        )
        rows.stored(conn, wanted, kept, ctx.now())
    partial.discard()
    return Fate("stored", bytes=length)


def _end(ctx: FlowContext, wanted: Wanted, status: str, reason: str) -> Fate:
    with ctx.engine.begin() as conn:
        rows.given_up(conn, wanted, status, reason)
    return Fate(status, reason=reason)


def _again(ctx: FlowContext, wanted: Wanted, error: Cut) -> Fate:
    """Later, if there are attempts left; the last of them before the address ends."""
    now = ctx.now()
    until = next_try(wanted, now, ctx.rng.random(), error.retry_after)
    if wanted.attempts + 1 >= ctx.settings.media_attempts:
        return _end(ctx, wanted, "failed", f"{error} ({wanted.attempts + 1} attempts)")
    if until is None:
        return _end(ctx, wanted, "expired", f"{error}; its address ends before it could be tried again")
    with ctx.engine.begin() as conn:
        rows.put_off(conn, wanted, str(error), until, counts=True)
    pause = None if error.retry_after is None else timedelta(seconds=error.retry_after)
    return Fate("waiting", reason=str(error), leave_alone=pause)


def next_try(wanted: Wanted, now: datetime, chance: float, retry_after: float | None) -> datetime | None:
    """When to try again: 1, 3, 9 … minutes, half of it left to chance; None: by then the address has ended."""
    seconds = min(CAP_SECONDS, BASE_SECONDS * 3**wanted.attempts) * (0.5 + chance / 2)
    until = now + timedelta(seconds=max(seconds, retry_after or 0.0))
    if wanted.expires_at is None or until < wanted.expires_at - MARGIN:
        return until
    last = wanted.expires_at - MARGIN
    earliest = now + timedelta(seconds=max(10.0, retry_after or 0.0))
    return last if last >= earliest else None
