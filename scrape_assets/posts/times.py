"""When a post was written: stated times, the time inside an id, and which of the two to believe. No clock."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeGuard

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the web there were no posts."""
LINKEDIN_LAUNCH = datetime(2003, 5, 5, tzinfo=UTC)
X_LAUNCH = datetime(2006, 3, 21, tzinfo=UTC)
LATEST_AFTER_COLLECTION = timedelta(days=1)
"""A post cannot be newer than its collection; a day covers wrong time zones and clocks."""
TOLERANCE = timedelta(seconds=2)
"""Stated times and times in ids differ by rounding: 0.2 s on LinkedIn's and 1.04 s on X's real rows."""

# Times in ids are whole multiples of these: quicker than a duration built for each.
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)

_VIDEO_ID = re.compile(r"\d{18,20}", re.ASCII)
_BEFORE_ITS_UPLOAD = timedelta(minutes=10)
_LONGEST_NUMBER = 20  # digits in an id that holds a time
_X_EPOCH = EPOCH + timedelta(milliseconds=1_288_834_974_657)
# Until 4 November 2010 posts of X were counted, up to about 3e10; what has a time in it begins far above.
_FIRST_SNOWFLAKE = 10**13


def parse_time(text: str | None) -> datetime | None:
    """An ISO 8601 time as aware UTC, with or without fraction; no zone means UTC. None when it is none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is UTC:  # "Z": nearly all of them
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def linkedin_id_time(post_id: str | None) -> datetime | None:
    """The posting time inside a LinkedIn activity id, to the millisecond; None for the slug of an article.

    The bits above the lowest 22 are Unix milliseconds. Integers only: a double loses the low digits.
    """
    if not _is_number(post_id):
        return None
    try:
        return EPOCH + (int(post_id) >> 22) * _MILLISECOND
    except OverflowError:
        return None


def x_id_time(post_id: str | None) -> datetime | None:
    """The posting time inside the id of a post on X, to the millisecond; None for the counted ids before Nov 2010.

    The bits above the lowest 22 are milliseconds since X's own epoch. Integers only, as with `linkedin_id_time`.
    """
    if not _is_number(post_id):
        return None
    number = int(post_id)
    return _X_EPOCH + (number >> 22) * _MILLISECOND if number >= _FIRST_SNOWFLAKE else None


def _is_number(post_id: str | None) -> TypeGuard[str]:
    return post_id is not None and post_id.isdecimal() and post_id.isascii() and len(post_id) <= _LONGEST_NUMBER


def tiktok_id_time(video_id: str | None) -> datetime | None:
    """When the upload of a TikTok video began, to the second: the bits above the lowest 32 are Unix seconds."""
    if not video_id or not _VIDEO_ID.fullmatch(video_id):
        return None
    return EPOCH + (int(video_id) >> 32) * _SECOND


def is_plausible(moment: datetime, collected_at: datetime, earliest: datetime = EARLIEST) -> bool:
    """Whether a post collected then can have been written at that moment."""
    return earliest <= moment and moment - collected_at <= LATEST_AFTER_COLLECTION


def same_time(one: datetime, other: datetime) -> bool:
    """Whether two times of one post agree, within `TOLERANCE`."""
    return abs(one - other) <= TOLERANCE


class PostingTime(NamedTuple):
    """The time to believe, or None when no plausible one was given; and what was corrected to get it."""

    moment: datetime | None
    repair: str | None


def posting_time(
    stated: datetime | None, in_id: datetime | None, collected_at: datetime, earliest: datetime = EARLIEST
) -> PostingTime:
    """Decide between the time that the source states and the time inside the post's id.

    An implausible time counts as not given. The id is the platform's own word: it wins where the two differ.
    """
    if in_id is None or not is_plausible(in_id, collected_at, earliest):
        return PostingTime(stated if stated and is_plausible(stated, collected_at, earliest) else None, None)
    if stated is None:
        return PostingTime(in_id, None)
    if same_time(stated, in_id):
        return PostingTime(stated, None)
    return PostingTime(in_id, f"posted_at: stated {stated.isoformat()}, the id says {in_id.isoformat()}")


def time_after_upload(
    stated: datetime | None, uploaded_at: datetime | None, collected_at: datetime, earliest: datetime = EARLIEST
) -> PostingTime:
    """As `posting_time`, where the id is drawn when the upload begins (Instagram, TikTok).

    That is seconds before the post appears, and days before for a planned one: a later stated time stands, and only
    one from before its own id is wrong.
    """
    is_later = stated and uploaded_at and stated >= uploaded_at - _BEFORE_ITS_UPLOAD
    if stated and is_later and is_plausible(stated, collected_at, earliest):
        return PostingTime(stated, None)
    return posting_time(stated, uploaded_at, collected_at, earliest)
