"""Counts as sources give them: integers, numeric strings, integral floats, nonsense. Missing is not zero."""

import math
import re

MOST = 100_000_000_000
"""No post has more of anything. 25 of 111 real LinkedIn articles came with likes near 5e32."""

_DIGITS = re.compile(r"\s*\d{1,18}\s*", re.ASCII)


def count(value: object, field: str) -> tuple[int | None, str | None]:
    """Read a count.

    Args:
        value: what the source gave; None and "" mean that it gave none.
        field: our name of the field, for the note.

    Returns:
        The count, or None; and a note for a person when a value was given that is no count.
    """
    if type(value) is int and 0 <= value <= MOST:  # nearly all of them
        return value, None
    if value is None or value == "":
        return None, None
    number = _whole(value)
    if number is not None and 0 <= number <= MOST:
        return number, None
    return None, f"{field}: {_shown(value)} is no count"


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return None


def _shown(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    shown = ascii(value) if isinstance(value, bool | int | float | str) else f"a {type(value).__name__}"
    return shown if len(shown) <= 50 else shown[:47] + "..."
