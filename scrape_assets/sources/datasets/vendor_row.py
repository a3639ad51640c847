"""What every row of every dataset of the vendor has: what it answers, when it was taken, and whether it failed.

Spellings are the vendor's. Null, absent and empty mean the same.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.model import Rejected, RejectReason
from scrape_assets.posts.search import PREFIX, search_key
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import parse_time
from scrape_assets.sources.rows import rejected

Number = int | float | str | bool | None
"""A count, as wide as counts were seen; `posts.counts.count` reads it."""

Text = str | int | None
"""An id that some rows give as a number."""

# An index entry of PostgreSQL ends at 2,704 bytes; real article slugs stay under 300.
LONGEST_ID = 1000


class Input(msgspec.Struct, gc=False):
    """An input as the vendor echoes it: of a profile, a post, or a search."""

    url: str | None = None
    keyword: str | None = None
    search_keyword: str | None = None
    hashtag: str | None = None

    @property
    def words(self) -> str | None:
        """What was searched for."""
        return self.keyword or self.search_keyword or self.hashtag


class VendorRecord(msgspec.Struct, gc=False):
    """The fields common to all datasets; each dataset's own record extends it.

    No record holds itself, so none is tracked by the garbage collector: that is a tenth of the reading time.
    """

    timestamp: str | None = None
    input: Input | str | None = None
    discovery_input: Input | str | None = None
    error: Any = None
    error_code: Any = None
    warning: Any = None
    warning_code: Any = None


def identifier(given: Text) -> str | None:
    """An id as text."""
    return clean_text(str(given).strip()) if given is not None else None


def refusal_of(record: VendorRecord, post_id: str | None, repairs: list[str]) -> Rejected | None:
    """The rejection of a row in which the vendor says that it failed, or that has no usable id.

    A warning beside a post is only noted: the post was delivered, and paid for.
    """
    said = _vendor_refusal(record, post_id, repairs)
    if said is not None:
        return said
    if post_id is None:
        return rejected(RejectReason.NO_ID, "the row has no id", input_url=input_url(record))
    if len(post_id) > LONGEST_ID // 4 and len(post_id.encode()) > LONGEST_ID:
        return rejected(RejectReason.BAD_FIELD, f"id: {len(post_id)} letters long", input_url=input_url(record))
    return None


def _vendor_refusal(record: VendorRecord, post_id: str | None, repairs: list[str]) -> Rejected | None:
    if record.error is record.error_code is record.warning is record.warning_code is None:
        return None
    if _is_said(record.error) or _is_said(record.error_code):
        return _refused(RejectReason.SOURCE_ERROR, record, record.error, record.error_code)
    if _is_said(record.warning) or _is_said(record.warning_code):
        if post_id is None:
            return _refused(RejectReason.SOURCE_WARNING, record, record.warning, record.warning_code)
        repairs.append(f"the vendor warns: {shown(record.warning or record.warning_code)}")
    return None


def _refused(reason: RejectReason, record: VendorRecord, message: object, code: object) -> Rejected:
    detail = message if isinstance(message, str) else shown(message)
    return rejected(reason, detail, str(code)[:100] if _is_said(code) else None, input_url(record))


def _is_said(value: object) -> bool:
    return any(value.values()) if isinstance(value, dict) else bool(value)


def collected(record: VendorRecord) -> datetime | Rejected:
    """When the vendor looked, or the rejection of a row that does not say."""
    collected_at = parse_time(record.timestamp)
    if collected_at is not None:
        return collected_at
    detail = f"timestamp: {shown(record.timestamp)}, so it is not known when the vendor looked"
    return rejected(RejectReason.NO_TIME, detail, input_url=input_url(record))


def untimed(
    record: VendorRecord,
    collected_at: datetime,
    field: str,
    given: object,
    stated: datetime | None,
    *in_id: datetime | None,
) -> Rejected:
    """The rejection of a post that has no time it can have been written at.

    Args:
        record: the row.
        collected_at: when the vendor looked.
        field: the row's name of its time.
        given: what stands there.
        stated: how that was read.
        in_id: the time in the post's id, on platforms whose ids hold one.
    """
    reason = RejectReason.IMPLAUSIBLE_TIME if stated or any(in_id) else RejectReason.NO_TIME
    said = "; ".join([f"{field}: {shown(given)}", *(f"time in id: {moment or 'none'}" for moment in in_id)])
    return rejected(reason, f"{said}; collected {collected_at}", input_url=input_url(record))


def first_count(field: str, repairs: list[str], *given: Number) -> int | None:
    """The first of the counts that is one."""
    for value in given:
        number, note = count(value, field)
        if note:
            repairs.append(note)
        if number is not None:
            return number
    return None


def shown(value: object) -> str:
    """A foreign value in a note for a person."""
    try:
        return "missing" if value is None else ascii(value)[:100]
    except RecursionError:
        return "something deeply nested"


def input_url(record: VendorRecord) -> str | None:
    """The input that the row answers, an address or a `search_key`: in discovery rows `input` is what was found."""
    return _asked(record.discovery_input) or _asked(record.input)


def discovered_by(record: VendorRecord) -> str | None:
    """What the client asked for when the vendor discovered this row; None for a row asked for by its own address."""
    return _asked(record.discovery_input)


def feed_key_of(asked: str | None, profile: Callable[[str | None], Profile | None]) -> str | None:
    """`Post.feed_key` for what the client asked: the key of the search, or that of the profile behind the address.

    Args:
        asked: from `discovered_by`, or `input_url` where the dataset has no discovery stage.
        profile: reads an address; cached, because the rows of one feed repeat the same.
    """
    if asked and asked.startswith(PREFIX):
        return asked
    found = profile(asked)
    return found.key if found else None


def _asked(given: Input | str | None) -> str | None:
    if not isinstance(given, Input):
        return given
    return given.url or (search_key(clean_text(given.words) or "") if given.words else None)
