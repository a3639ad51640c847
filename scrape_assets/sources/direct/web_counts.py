"""Counts as pages show them to people: "1,234 likes", "1.2K", "3 Mio.". Nothing of a page."""

import re
from functools import lru_cache

from scrape_assets.posts.counts import count

_NUMBER = re.compile(
    r"(?<![\w.,])(?P<digits>\d{1,3}(?:[.,'\u2019 \u00a0\u202f]\d{3})+(?!\d)|\d{1,15})(?:[.,](?P<part>\d{1,3}))?"
    r"[ \u00a0\u202f]?(?P<unit>k|m|b|tsd|thousand|mio|mln|million|mrd|billion)?(?![^\W_])",
    re.IGNORECASE,
)
_THOUSAND, _MILLION, _BILLION = 10**3, 10**6, 10**9
_UNITS = {
    **dict.fromkeys(("k", "tsd", "thousand"), _THOUSAND),
    **dict.fromkeys(("m", "mio", "mln", "million"), _MILLION),
    **dict.fromkeys(("b", "mrd", "billion"), _BILLION),
}
_LONGEST = 100


@lru_cache(maxsize=16_384)
def shown_count(text: str | None, field: str) -> tuple[int | None, str | None]:
    """Read a count as a page shows it. A label without any digit says nothing: it stands where nobody has yet.

    Args:
        text: as shown; two numbers in it are none. Cached: few labels stand under many posts.
        field: our name of the field, for the note.

    Returns:
        The count, or None; and a note for a person when there was a number that is no count.
    """
    if not text or text.isdecimal():
        return count(text, field)
    if not any(letter.isdecimal() for letter in text):
        return None, None
    found = list(_NUMBER.finditer(text)) if len(text) <= _LONGEST else []
    if len(found) == 1 and "-" not in text[: found[0].start()][-1:]:
        written, part = found[0]["digits"], found[0]["part"]
        unit = _UNITS.get((found[0]["unit"] or "").lower(), 1)
        if unit > 1 and part is None and len(re.findall(r"[.,]", written)) == 1:
            written, part = re.split(r"[.,]", written)  # "1.234M" is no thousand million
        digits = re.sub(r"\D", "", written)
        if not part:
            return count(int(digits) * unit, field)
        if unit > 1:
            return count(round(int(digits + part) * unit / 10 ** len(part)), field)
    return None, f"{field}: {text[:50]!a} is no count"
