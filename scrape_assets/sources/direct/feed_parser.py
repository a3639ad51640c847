"""One feed through feedparser, in a process of its own: `python -m scrape_assets.sources.direct.feed_parser`.

A feed may be written to hang its reader: feedparser searches long names of authors, many categories and many
namespaces in quadratic time. A process can be ended, and holds no secrets. It fetches nothing: it gets the document
on its input and gives JSON on its output, `{"format", "fault", "feed": {…}, "entries": [{…}, …]}`.
"""

import io
import sys
import time
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import feedparser  # type: ignore[import-untyped]
import msgspec

CPU_SECONDS = 20
MEMORY_BYTES = 1 << 30
_DEEPEST = 8
# Its letters are known, and how it came is not feedparser's business.
_HEADERS = {"content-type": "application/xml; charset=utf-8"}


def parsed(document: bytes) -> bytes:
    """The entries of a document in UTF-8, and what the feed says of itself, as JSON."""
    # As a stream: bytes it would take for the name of a file, and read that. Nothing is cleaned or completed: nobody
    # shows the HTML, it is turned into text.
    result = feedparser.parse(
        io.BytesIO(document), response_headers=_HEADERS, sanitize_html=False, resolve_relative_uris=False
    )
    return msgspec.json.encode(
        {
            "format": result.get("version") or None,
            "fault": str(result.get("bozo_exception"))[:200] if result.get("bozo") else None,
            "feed": _plain(result.get("feed") or {}),
            "entries": [_plain(entry) for entry in result.get("entries") or ()],
        }
    )


def _plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON knows it: times in ISO 8601, empty values left out, and what is said twice said once."""
    if isinstance(value, time.struct_time):
        return datetime.fromtimestamp(timegm(value), UTC)
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        plain = {str(name): _plain(one, depth + 1) for name, one in value.items()}
        for name, detail in plain.items():
            if name.endswith("_detail") and isinstance(detail, dict):
                detail.pop("value", None)
        content = plain.get("content")
        if isinstance(content, list) and any(isinstance(one, dict) and _same(one, plain) for one in content):
            plain.pop("summary")
        return {name: one for name, one in plain.items() if one not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    return None


def _same(content: dict[str, Any], entry: dict[str, Any]) -> bool:
    return bool(content.get("value")) and content.get("value") == entry.get("summary")


def _limit() -> None:
    """Bounds for this process, where the system knows them; the caller's clock holds everywhere."""
    try:
        import resource
    except ImportError:
        return
    limit: Callable[[int, tuple[int, int]], None] = resource.setrlimit
    for what, most in ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, MEMORY_BYTES)):
        hard = resource.getrlimit(what)[1]
        limit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    _limit()
    sys.stdout.buffer.write(parsed(sys.stdin.buffer.read()))
