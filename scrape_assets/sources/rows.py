"""From the bytes of a payload line to a typed record. No platform's fields, no posts.

Nearly all lines take the fast path: one pass that parses and validates. What it refuses is looked at again,
slowly, so that one bad field or one broken letter costs that field or letter and not the row.
"""

import json
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from scrape_assets.posts.model import Rejected, RejectReason
from scrape_assets.posts.text import clean_text

R = TypeVar("R", bound=msgspec.Struct)
_LONGEST_DETAIL = 500
_LONGEST_INTEGER = 300  # digits; Python refuses to read 4,301


class Row(NamedTuple, Generic[R]):
    """A record, and notes on the fields that were set aside to read it."""

    record: R
    repairs: list[str]


def rejected(reason: RejectReason, detail: str, code: str | None = None, input_url: str | None = None) -> Rejected:
    """A `Rejected` whose texts the database can hold, and a person can read to the end."""
    shown = clean_text(detail) or "no detail given"
    return Rejected(reason, shown[:_LONGEST_DETAIL], clean_text(code), clean_text(input_url))


class RowReader(Generic[R]):
    """Reads lines as records of one struct. All fields of the struct must have a default.

    Args:
        record: the struct; it names only the fields that are used, unknown ones pass.
        required: fields without which the row is worth nothing: one that cannot be read rejects the row.
    """

    def __init__(self, record: type[R], required: frozenset[str] = frozenset()) -> None:
        self._record = record
        self._required = required
        self._decoder = msgspec.json.Decoder(record)
        self._fields = msgspec.structs.fields(record)

    def read(self, line: bytes, last: bool) -> Row[R] | Rejected:
        """Read one line. Never raises; see `Mapping.map_line` for the arguments."""
        try:
            return Row(self._decoder.decode(line), [])
        except (ValueError, RecursionError):
            return self._read_slowly(line, last)

    def _read_slowly(self, line: bytes, last: bool) -> Row[R] | Rejected:
        try:
            text = line.decode("utf-8-sig", "replace")
            value = json.loads(text, parse_int=_integer)
        except (ValueError, RecursionError) as error:
            what = str(error) or "nested too deeply"
            if last:
                return rejected(RejectReason.TRUNCATED, f"the payload ends in the middle of this line: {what}")
            return rejected(RejectReason.NOT_JSON, f"{what} in a line of {len(line)} bytes")
        if not isinstance(value, dict):
            return rejected(RejectReason.NOT_AN_OBJECT, f"{_kind(value)}, not an object")
        return self._pick(value)

    def _pick(self, value: dict[str, Any]) -> Row[R] | Rejected:
        picked: dict[str, Any] = {}
        repairs: list[str] = []
        for field in self._fields:
            given = value.get(field.encode_name)
            if _is_empty(given):
                continue
            try:
                picked[field.name] = msgspec.convert(given, field.type)
            except (ValueError, RecursionError) as error:
                note = f"{field.encode_name}: {str(error) or 'nested too deeply'}"
                if field.name in self._required:
                    return rejected(RejectReason.BAD_FIELD, note)
                repairs.append(note)
        return Row(self._record(**picked), repairs)


def _is_empty(value: object) -> bool:
    """Whether a source gave nothing: null, "", [], {} and {} of nulls are its ways to say so."""
    return not any(value.values()) if isinstance(value, dict) else value in (None, "", [])


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return names.get(type(value), "null")
