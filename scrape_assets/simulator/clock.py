"""The vendor's time: where it comes from, and how it is written."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

Clock = Callable[[], datetime]

_EPOCH = date(1970, 1, 1)


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


def unix_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def iso(milliseconds: int) -> str:
    """The vendor's time format, with milliseconds and Z, of a Unix time in milliseconds."""
    seconds, millis = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds % 86400, 60)
    return f"{_date(seconds // 86400)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{millis:03d}Z"


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
