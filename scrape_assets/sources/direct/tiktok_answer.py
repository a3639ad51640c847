"""TikTok's answers: pages of videos, and errors by their code. The allowance starts anew at midnight UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Rejected
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.datasets.vendor_row import Text
from scrape_assets.sources.direct.api import judge_status
from scrape_assets.sources.direct.pieces import ABSENT, read_answer
from scrape_assets.sources.errors import KeyRefused, SourceError, Throttled
from scrape_assets.sources.redaction import excerpt, without
from scrape_assets.sources.rows import RowReader


class Videos(msgspec.Struct):
    """A page of a search. Its numbers are looked at before they are believed."""

    videos: msgspec.Raw = ABSENT
    cursor: object = None
    has_more: object = None
    search_id: Text = None


class _Error(msgspec.Struct):
    code: str | None = None
    message: str | None = None


class _Body(msgspec.Struct):
    data: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


_BODIES = msgspec.json.Decoder(_Body)
_LOOSE_BODIES = RowReader(_Body)
_ERRORS = RowReader(_Error)
_VIDEOS = msgspec.json.Decoder(Videos)

_FINE = "ok"
_ALLOWANCE = frozenset({"rate_limit_exceeded", "daily_quota_limit_exceeded"})
_KEY = frozenset({"access_token_invalid", "scope_not_authorized", "scope_permission_missed", "invalid_token"})
_NO_USER = ("cannot find the user", "cannot return this user")
# Both are said of searches that are still there, too, and which go on when they are asked for again.
_SEARCH_LOST = ("search id", "invalid count or cursor")
_PASSING = "internal_error"


class SearchLost(SourceError):
    """TikTok no longer knows a search that it had begun; what is left of it can only be searched for anew."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.SERVER, message, status_code=status_code)


def judge_tiktok(answer: Answer, now: datetime, secrets: Iterable[str]) -> SourceError:
    """What an error means, by its code.

    Args:
        answer: TikTok's.
        now: aware; the allowance of a day comes back at its end.
        secrets: what no message may hold.
    """
    error = _error(answer.body) or _Error()
    status, code, words = answer.status_code, (error.code or "").lower(), (error.message or "").lower()
    judged = judge_status(answer)
    message = without(judged.message, secrets)
    if code:
        said = excerpt(without(error.message or "", secrets))
        message = f"HTTP {status}, {excerpt(code, 60)}{said and f': {said}'}"
    if status == 429 or code in _ALLOWANCE:
        return Throttled(message, status_code=status, retry_after=answer.retry_after or until_midnight(now))
    if status == 401 or code in _KEY:
        return KeyRefused(f"TikTok does not accept our key for this ({message})", status_code=status)
    if any(it in words for it in _NO_USER):
        return SourceError(ErrorClass.NOT_FOUND, message, status_code=status)
    if any(it in words for it in _SEARCH_LOST):
        return SearchLost(message, status_code=status)
    error_class = ErrorClass.SERVER if code == _PASSING else judged.error_class
    return SourceError(error_class, message, status_code=status, retry_after=answer.retry_after)


def until_midnight(now: datetime) -> timedelta:
    """How long until the allowance starts anew."""
    today = now.astimezone(UTC)
    return datetime.combine(today.date() + timedelta(days=1), time(), UTC) - today


def read_videos(answer: Answer, now: datetime, secrets: Iterable[str]) -> Videos:
    """A page of videos.

    Raises:
        SourceError: bad_data when it is none; what `judge_tiktok` says when it is an error in an answer of 200.
    """
    body = read_answer(_BODIES, answer)
    error = _error(answer.body)
    if error and error.code and error.code != _FINE:
        raise judge_tiktok(answer, now, secrets)
    try:
        return _VIDEOS.decode(body.data)
    except (ValueError, RecursionError) as fault:
        why = excerpt(str(fault) or "nested too deeply", 200)
        raise SourceError(ErrorClass.BAD_DATA, f"TikTok gave no page of videos: {why}") from fault


def _error(body: bytes) -> _Error | None:
    frame = _LOOSE_BODIES.read(body, False)
    if isinstance(frame, Rejected) or not bytes(frame.record.error).startswith(b"{"):
        return None
    row = _ERRORS.read(bytes(frame.record.error), False)
    return None if isinstance(row, Rejected) else row.record
