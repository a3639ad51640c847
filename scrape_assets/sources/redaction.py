"""What may be written down of an address or a foreign text, in a log, a table or a message."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

HIDDEN = "***"
SANE_LENGTH = 300  # characters of foreign text that an error message may carry

# endpoint, notify and webhook hold addresses of ours with an unguessable token in the path.
SECRET_NAME = re.compile(
    r"key(?!word)|token|secret|pass|auth(?!or)|credential|cookie|session|^sig|signature|endpoint|notify|webhook|^code$",
    re.IGNORECASE,
)


def redacted_url(url: str) -> str:
    """The URL without user, password, fragment and the values of query names that look secret."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")
        query = [
            (name, HIDDEN if SECRET_NAME.search(name) else value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
    except ValueError:
        return "(an address that cannot be read)"
    netloc = f"{HIDDEN}@{host[2]}" if host[1] else host[2]
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(query, safe="*:/,", quote_via=quote), ""))


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced. Empty secrets are ignored."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    return text


def excerpt(text: str, length: int = SANE_LENGTH) -> str:
    """The text on one line, cut to `length` characters, without characters that databases refuse."""
    line = " ".join(text.replace("\0", " ").split())
    return line if len(line) <= length else line[: length - 1] + "…"
