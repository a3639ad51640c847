"""Rate-limit headers: the same names mean four things on four platforms. Each reader says what it reads."""

from datetime import UTC, datetime, timedelta

from scrape_assets.posts.times import parse_time
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import PauseAfter

LONGEST = timedelta(days=1)


def no_headers(answer: Answer, now: datetime) -> timedelta | None:  # noqa: ARG001
    """For platforms that announce nothing."""
    return None


def until_unix_time(remaining: str, reset: str) -> PauseAfter:
    """The reset header is a point in time, in Unix seconds (X, Bluesky)."""

    def pause(answer: Answer, now: datetime) -> timedelta | None:
        seconds = _number(answer.headers.get(reset))
        if seconds is None or not _spent(answer, remaining):
            return None
        return _bounded(timedelta(seconds=seconds - now.timestamp()))

    return pause


def until_iso_time(remaining: str, reset: str) -> PauseAfter:
    """The reset header is a point in time, in ISO 8601 (Mastodon)."""

    def pause(answer: Answer, now: datetime) -> timedelta | None:
        moment = parse_time(answer.headers.get(reset))
        return _bounded(moment - now.astimezone(UTC)) if moment and _spent(answer, remaining) else None

    return pause


def for_seconds(remaining: str, reset: str) -> PauseAfter:
    """The reset header is the number of seconds left (Reddit)."""

    def pause(answer: Answer, now: datetime) -> timedelta | None:  # noqa: ARG001
        seconds = _number(answer.headers.get(reset))
        return _bounded(timedelta(seconds=seconds)) if seconds is not None and _spent(answer, remaining) else None

    return pause


def _spent(answer: Answer, remaining: str) -> bool:
    """Whether no further call is allowed. A 429 means that whatever the counter says."""
    left = _number(answer.headers.get(remaining))
    return answer.status_code == 429 or (left is not None and left < 1)


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is None or abs(number) < 1e15 else None


def _bounded(pause: timedelta) -> timedelta:
    return min(max(pause, timedelta()), LONGEST)
