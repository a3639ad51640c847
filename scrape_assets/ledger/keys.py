"""The grammar of partition keys, and the ids of snapshots, which obey it. No registering of partitions.

A snapshot's key is `<platform>-<yyyymmdd>-<created><chance>`: platform and collection date for people to
read and filter by, then the millisecond it was made at and 40 random bits, in lower-case base 32. Keys of
one platform and date therefore sort by time, and no two are alike without asking the database.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MAX_KEY_LENGTH = 128
"""Far above what we make, and short enough for a file name on every system."""

_GRAMMAR = re.compile(r"[a-z0-9_-]+")
_SNAPSHOT_ID = re.compile(r"([a-z0-9_]+)-([0-9]{8})-([0-9a-hjkmnp-tv-z]{10})([0-9a-hjkmnp-tv-z]{8})")
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: in the order of ASCII, without i, l, o, u
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_DIGITS = 10  # 50 bits of milliseconds: until the year 37648
_CHANCE_BYTES = 5  # exactly 8 digits


@dataclass(frozen=True)
class SnapshotKey:
    """What a snapshot's key says."""

    platform: str
    collection_date: date
    created_at: datetime  # aware, UTC, to the millisecond
    chance: bytes  # the random part


def new_snapshot_id(platform: str, collection_date: date, now: datetime, entropy: bytes) -> str:
    """Make the id of a snapshot, which is its partition key too.

    Args:
        platform: as in the ledger, `[a-z0-9_]+`.
        collection_date: the day the collection is for.
        now: aware; ids made later sort later within a platform and date.
        entropy: at least 5 random bytes, of which the first 5 are used.

    Raises:
        ValueError: what was given makes no valid key.
    """
    if now.tzinfo is None:
        raise ValueError("A snapshot id needs an aware time")
    if len(entropy) < _CHANCE_BYTES:
        raise ValueError(f"A snapshot id needs {_CHANCE_BYTES} random bytes, not {len(entropy)}")
    milliseconds = (now - _EPOCH) // timedelta(milliseconds=1)
    chance = int.from_bytes(entropy[:_CHANCE_BYTES])
    key = f"{platform}-{collection_date:%Y%m%d}-{_base32(milliseconds, _TIME_DIGITS)}{_base32(chance, 8)}"
    parse_snapshot_id(key)
    return key


def parse_snapshot_id(key: str) -> SnapshotKey:
    """Read a snapshot's key.

    Raises:
        ValueError: it is not one that `new_snapshot_id` makes.
    """
    validate_key(key)
    found = _SNAPSHOT_ID.fullmatch(key)
    if found is None:
        raise ValueError(f"{key!r} is no snapshot key: expected <platform>-<yyyymmdd>-<18 base-32 digits>")
    platform, day, created, chance = found.groups()
    try:
        collection_date = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
        created_at = _EPOCH + timedelta(milliseconds=_number(created))
    except (ValueError, OverflowError) as reason:
        raise ValueError(f"{key!r} is no snapshot key: {reason}") from reason
    return SnapshotKey(platform, collection_date, created_at, _number(chance).to_bytes(_CHANCE_BYTES))


def validate_key(key: str) -> None:
    """Raise ValueError with the reason unless `key` may be a partition key: `[a-z0-9_-]+`, at most 128 long.

    Dagster itself forbids only a few characters; commas, bars and spaces break ranges, tags and paths later.
    """
    if not key:
        raise ValueError("A partition key may not be empty")
    if len(key) > MAX_KEY_LENGTH:
        raise ValueError(f"The partition key {key[:40]!r}… has {len(key)} characters; {MAX_KEY_LENGTH} are allowed")
    if not _GRAMMAR.fullmatch(key):
        bad = next(character for character in key if not _GRAMMAR.fullmatch(character))
        raise ValueError(f"The partition key {key!r} holds {bad!r}; only a-z, 0-9, '_' and '-' are allowed")


def _base32(number: int, digits: int) -> str:
    if not 0 <= number < 32**digits:
        raise ValueError(f"{number} does not fit {digits} base-32 digits")
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(digits)))


def _number(text: str) -> int:
    number = 0
    for digit in text:
        number = number << 5 | _DIGITS.index(digit)
    return number
