"""Instagram's answers: lists of media, errors with a code, and headers that say how much of the allowance is used."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Rejected
from scrape_assets.sources.answer import Answer, Judge
from scrape_assets.sources.direct.api import judge_status
from scrape_assets.sources.direct.pieces import ABSENT, read_answer
from scrape_assets.sources.errors import KeyRefused, SourceError, Throttled
from scrape_assets.sources.redaction import excerpt, without
from scrape_assets.sources.rows import RowReader

NEAR_THE_END = 95.0  # percent of the allowance; at 100 every call is refused, and the wait begins anew
_WINDOW_SHARE = timedelta(minutes=15)  # the allowance is counted by the rolling hour
_LONGEST = timedelta(days=1)


_EMPTY_LIST = re.compile(rb"\s*\[\s*\]\s*")
_AFTER = re.compile(r"[^\s(){},]{1,1000}")  # it is written into an expression of fields


class Cursors(msgspec.Struct):
    """Where the next page begins."""

    after: str | None = None


class Paging(msgspec.Struct):
    """The way on. `next` holds our token: it says that there is more, and goes no further."""

    cursors: Cursors | None = None
    next: str | None = None


_PAGINGS = RowReader(Paging)


class Listing(msgspec.Struct):
    """The frame of a list of media or hashtags."""

    data: msgspec.Raw = ABSENT
    paging: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT

    @property
    def way_on(self) -> Paging:
        """What can be read of the way on."""
        row = _PAGINGS.read(bytes(self.paging), False)
        return Paging() if isinstance(row, Rejected) else row.record

    @property
    def following(self) -> str | None:
        """The cursor of the next page; None after the last. Lists within lists give no address of a next page."""
        if _EMPTY_LIST.fullmatch(self.data):
            return None
        way_on = self.way_on
        given = (way_on.cursors.after if way_on.cursors else None) or _in_address(way_on.next)
        return given if given and _AFTER.fullmatch(given) else None


def _in_address(address: str | None) -> str | None:
    try:
        return parse_qs(urlsplit(address or "").query).get("after", [None])[0]
    except ValueError:
        return None


class Owner(msgspec.Struct):
    """An account, and its media with it."""

    username: object = None
    name: object = None
    media: msgspec.Raw = ABSENT

    def author(self, asked: str) -> bytes:
        """Whose media these are, as JSON: the account that was asked for, where the answer does not say."""
        username = self.username if isinstance(self.username, str) and self.username else asked
        name = self.name if isinstance(self.name, str) else None
        return msgspec.json.encode({"username": username, "name": name})


class Discovery(msgspec.Struct):
    """The frame of what is found out about another account."""

    business_discovery: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


F = TypeVar("F", Listing, Discovery)

LISTINGS = msgspec.json.Decoder(Listing)
DISCOVERIES = msgspec.json.Decoder(Discovery)
OWNERS = msgspec.json.Decoder(Owner)


class _Error(msgspec.Struct):
    message: str | None = None
    error_user_msg: str | None = None
    code: int | None = None
    error_subcode: int | None = None
    is_transient: bool | None = None


_ERRORS = RowReader(_Error)

_THROTTLED = frozenset({4, 17, 32, 613, 80002})
_PASSING = frozenset({1, 2})  # "an unknown error", "service temporarily unavailable"
_KEY = frozenset({102, 190})
_PERMISSIONS = frozenset({3, 10, *range(200, 300)})
_UNKNOWN = frozenset({24, 110})
_TOO_MANY_HASHTAGS = 18
_WRONG_REQUEST = 100
_NO_ACCOUNT = frozenset({2207013})
_MANY = ("exceed", "maximum", "unique", "too many")
_NOT_THERE = ("cannot find", "cannot be found", "not found")
_NOT_ALLOWED = ("missing permission", "requires the", "reviewable feature")


class NoSuchField(SourceError):
    """The API does not know one of the fields that were asked for."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.BAD_REQUEST, message, status_code=status_code)


class NotPermitted(SourceError):
    """Our application may read accounts and not hashtags: no reason to leave the accounts as well."""

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(ErrorClass.BAD_REQUEST, message, status_code=status_code)


def judge_instagram(answer: Answer, secrets: Iterable[str], *, hashtag: bool = False) -> SourceError:
    """What an error means, by its code: nearly all of them come with the status 400.

    Args:
        answer: Instagram's.
        secrets: what no message may hold; some messages repeat the token.
        hashtag: it was asked for a hashtag, which needs a permission of its own.
    """
    error = _error(answer.body)
    if error is None:
        judged = judge_status(answer)
        judged.message = without(judged.message, secrets)
        judged.args = (judged.message,)
        return judged
    status = answer.status_code
    said = excerpt(without(error.error_user_msg or error.message or "no reason given", secrets))
    message = f"HTTP {status}, code {error.code}: {said}"
    words = f"{error.message} {error.error_user_msg}".lower()
    match error.code:
        case code if code == _TOO_MANY_HASHTAGS or (
            hashtag and "hashtag" in words and any(it in words for it in _MANY)
        ):
            why = f"Instagram takes 30 different hashtags in 7 days and refuses a further one ({message})"
            return SourceError(ErrorClass.BAD_REQUEST, why, status_code=status)
        case code if code in _THROTTLED or status == 429:
            return Throttled(message, status_code=status, retry_after=answer.retry_after)
        case code if code in _KEY:
            return KeyRefused(f"Instagram does not accept the access token ({message})", status_code=status)
        case code if code in _UNKNOWN or error.error_subcode in _NO_ACCOUNT or any(it in words for it in _NOT_THERE):
            return SourceError(ErrorClass.NOT_FOUND, message, status_code=status)
        case code if code in _PERMISSIONS or (code == _WRONG_REQUEST and any(it in words for it in _NOT_ALLOWED)):
            if hashtag:
                why = f"hashtags need the feature Instagram Public Content Access ({message})"
                return NotPermitted(why, status_code=status)
            return KeyRefused(f"Instagram does not permit this to our application ({message})", status_code=status)
        case code if code == _WRONG_REQUEST and "nonexisting field" in words:
            return NoSuchField(message, status_code=status)
        case code if code in _PASSING or error.is_transient or status >= 500:
            return SourceError(ErrorClass.SERVER, message, status_code=status, retry_after=answer.retry_after)
        case _:
            return SourceError(ErrorClass.BAD_REQUEST, message, status_code=status)


def read_frame(decoder: msgspec.json.Decoder[F], answer: Answer, judge: Judge) -> F:
    """The frame of an answer of 2xx.

    Raises:
        SourceError: bad_data when it is none; what the judge says when it is an error all the same.
    """
    frame = read_answer(decoder, answer)
    if bytes(frame.error) not in (b"", b"null"):
        raise judge(answer)
    return frame


class _Body(msgspec.Struct):
    error: msgspec.Raw = ABSENT


_BODIES = RowReader(_Body)


def _error(body: bytes) -> _Error | None:
    frame = _BODIES.read(body, False)
    if isinstance(frame, Rejected) or not bytes(frame.record.error).startswith(b"{"):
        return None
    row = _ERRORS.read(bytes(frame.record.error), False)
    return None if isinstance(row, Rejected) else row.record


class _Usage(msgspec.Struct):
    """Percent of what is allowed, and the minutes until more is."""

    call_count: float = 0
    total_cputime: float = 0
    total_time: float = 0
    estimated_time_to_regain_access: float = 0


_APP_USAGE = msgspec.json.Decoder(_Usage)
_BUSINESS_USAGE = msgspec.json.Decoder(dict[str, list[_Usage]])


def pause_after(answer: Answer, now: datetime) -> timedelta | None:  # noqa: ARG001
    """The pause that the headers of usage ask for; see `PauseAfter`.

    The regain time is in minutes, and stated for a business account that is shut out. For the application there
    are percentages alone.
    """
    usages = list(_usages(answer))
    minutes = max((usage.estimated_time_to_regain_access for usage in usages), default=0)
    if minutes > 0:
        return min(timedelta(minutes=min(minutes, 1e6)), _LONGEST)
    used = max((max(it.call_count, it.total_cputime, it.total_time) for it in usages), default=0)
    return _WINDOW_SHARE if used >= NEAR_THE_END else None


def _usages(answer: Answer) -> Iterator[_Usage]:
    with suppress(ValueError, RecursionError):
        yield _APP_USAGE.decode(answer.headers.get("x-app-usage") or "{}")
    try:
        by_account = _BUSINESS_USAGE.decode(answer.headers.get("x-business-use-case-usage") or "{}")
    except (ValueError, RecursionError):
        return
    for usages in by_account.values():
        yield from usages
