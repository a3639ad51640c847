"""Text that PostgreSQL can hold and a person can read. No shortening, no translation, no language."""

import html
import re

_BREAK = re.compile(r"<\s*(?:br\s*/?|/p|/li|/h\d)\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def clean_text(text: str | None) -> str | None:
    """The text without NUL characters and lone surrogates; all else stays, at any length.

    PostgreSQL stores neither. A NUL is removed; the two halves of a surrogate pair are joined, and a half
    without its other becomes U+FFFD. None stays None; a text of which nothing is left is None too.
    """
    if not text:
        return None
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text or None


def text_of_html(markup: str | None) -> str | None:
    """What a reader sees of a piece of HTML: no tags; breaks and entities turned into characters."""
    if not markup:
        return None
    return clean_text(html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).strip())
