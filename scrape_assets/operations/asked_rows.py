"""Which rows somebody asks to read, as people say it. Nothing is read here; pandas is not needed for it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.storage.views import ROLES, Filters

When = str | date | datetime | None


class ReaderError(Exception):
    """It cannot be read; the message says why and what to do."""


def moment(given: When, name: str) -> datetime | None:
    """A moment as people give it: ISO text, a day (its beginning), a time (UTC unless it says otherwise).

    Raises:
        ReaderError: it is none.
    """
    if given is None:
        return None
    try:
        read = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        raise ReaderError(f"{name} is a day or a moment such as 2026-11-01, not {given!r}") from None
    if not isinstance(read, datetime):
        if not isinstance(read, date):
            raise ReaderError(f"{name} is a day or a moment such as 2026-11-01, not {given!r}")
        read = datetime(read.year, read.month, read.day, tzinfo=UTC)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def filters(
    *,
    platform: str | None = None,
    creator: str | None = None,
    event: str | None = None,
    role: str | None = None,
    since: When = None,
    until: When = None,
    limit: int | None = None,
) -> Filters:
    """The filters as people give them, judged.

    Raises:
        ReaderError: one of them cannot be meant.
    """
    begin, end = moment(since, "since"), moment(until, "until")
    if begin and end and begin >= end:
        raise ReaderError(f"since {since} does not lie before until {until}, which is not included itself")
    if role is not None and role not in ROLES:
        raise ReaderError(f"{role!r} is no role: {', '.join(ROLES)}")
    if limit is not None and limit < 0:
        raise ReaderError(f"limit is a number of rows, not {limit}")
    try:
        known = str(parse_platform(platform)) if platform is not None else None
    except UnknownPlatform as error:
        raise ReaderError(str(error)) from None
    return Filters(known, creator, event, role, begin, end, limit)
