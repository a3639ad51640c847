"""YouTube's answers: lists of resources, errors with a reason, and a quota that starts anew at midnight Pacific."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Rejected
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import judge_status
from scrape_assets.sources.direct.pieces import ABSENT, objects
from scrape_assets.sources.errors import KeyRefused, SourceError, Throttled
from scrape_assets.sources.redaction import excerpt, without
from scrape_assets.sources.rows import RowReader


class Listing(msgspec.Struct):
    """The frame of any list: channels, items of a playlist, videos, finds."""

    items: msgspec.Raw = ABSENT
    next_page: str | None = msgspec.field(name="nextPageToken", default=None)


LISTINGS = msgspec.json.Decoder(Listing)


class _Body(msgspec.Struct):
    error: msgspec.Raw = ABSENT


class _Error(msgspec.Struct):
    message: str | None = None
    status: str | None = None
    errors: msgspec.Raw = ABSENT
    details: msgspec.Raw = ABSENT


class _Reason(msgspec.Struct):
    reason: str | None = None


_BODIES, _ERRORS, _REASONS = RowReader(_Body), RowReader(_Error), RowReader(_Reason)

# Of the day's quota; the search has its own, and says the same.
_QUOTA = frozenset({"quotaexceeded", "dailylimitexceeded", "dailylimitexceededunreg"})
_PACE = frozenset({"ratelimitexceeded", "userratelimitexceeded", "rate_limit_exceeded"})
_KEY = frozenset({"keyinvalid", "keyexpired", "api_key_invalid", "accessnotconfigured", "service_disabled"}) | {
    "iprefererblocked",
    "consumer_suspended",
    "api_key_service_blocked",
    "api_key_ip_address_blocked",
}
_GONE = frozenset(
    {"channelnotfound", "channelclosed", "channelsuspended", "channelforbidden", "playlistnotfound", "videonotfound"}
    | {"playlistitemsnotaccessible", "playlistforbidden"}
)
_MINUTE = timedelta(minutes=1)  # the pace is counted by the minute
_STANDARD_TIME = timedelta(hours=8)  # behind UTC; in summer an hour less, so that this is never too early


def judge_youtube(answer: Answer, now: datetime, key: str | None) -> SourceError:
    """What an answer outside 2xx means, by the reason that it gives: 403 stands for four different things."""
    error, reasons = _read(answer.body)
    said = excerpt(without(error.message or "", [key or ""]))  # "Consumer 'api_key:…' has been suspended"
    message = f"HTTP {answer.status_code}: {', '.join(sorted(reasons)) or 'no reason given'}{said and f': {said}'}"
    status = answer.status_code
    if reasons & _QUOTA:
        return Throttled(message, status_code=status, retry_after=until_midnight(now))
    if reasons & _PACE:
        return Throttled(message, status_code=status, retry_after=answer.retry_after or _MINUTE)
    if reasons & _KEY:
        return KeyRefused(message, status_code=status)
    if reasons & _GONE:
        return SourceError(ErrorClass.NOT_FOUND, message, status_code=status)
    return judge_status(replace(answer, body=without(answer.body.decode("utf-8", "replace"), [key or ""]).encode()))


def _read(body: bytes) -> tuple[_Error, frozenset[str]]:
    """What the body says, and its reasons in lower case: the old form and the new one spell them differently."""
    frame = _BODIES.read(body, False)
    if isinstance(frame, Rejected):
        return _Error(), frozenset()
    row = _ERRORS.read(bytes(frame.record.error), False)
    if isinstance(row, Rejected):
        return _Error(), frozenset()
    reasons = set()
    for piece in (*objects(row.record.errors), *objects(row.record.details)):
        given = _REASONS.read(piece, False)
        if not isinstance(given, Rejected) and given.record.reason:
            reasons.add(excerpt(given.record.reason.lower(), 60))
    return row.record, frozenset(reasons)


def until_midnight(now: datetime) -> timedelta:
    """How long until the quota starts anew: at midnight Pacific time."""
    try:
        zone = ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # a slim system without the database of time zones
        behind = now.astimezone(UTC) - _STANDARD_TIME
        return timedelta(days=1) - timedelta(
            hours=behind.hour, minutes=behind.minute, seconds=behind.second, microseconds=behind.microsecond
        )
    tomorrow = (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return tomorrow.astimezone(UTC) - now.astimezone(UTC)
