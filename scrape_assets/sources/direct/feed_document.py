"""From the answer with a feed to its entries as JSON, each with what the feed says of itself. No posts, no paging."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.feed_http import joined
from scrape_assets.sources.direct.feed_parser import CPU_SECONDS
from scrape_assets.sources.direct.feed_text import tame, text_of
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.redaction import excerpt

LONGEST_DOCUMENT = 16 << 20  # bytes; the longest podcasts' feeds have ten million
_PATIENCE = CPU_SECONDS + 15  # seconds; others may want the processor too
_OLDER = ("next", "prev-archive")  # RFC 5005: a feed in pages, and one with archives


@dataclass(frozen=True, slots=True)
class Document:
    """A feed, read."""

    items: list[bytes]  # JSON objects, with "feed" beside what the entry says
    next: str | None  # the address of the document with older entries
    text: str | None  # as it came; None for a JSON Feed, whose items are as they came


class _Parsed(msgspec.Struct):
    format: str | None
    fault: str | None
    feed: dict[str, Any]
    entries: list[msgspec.Raw]


def read_document(answer: Answer, key: str, url: str, address: str) -> Document:
    """Read a feed of any format.

    Args:
        answer: that brought it.
        key: the identity key of the feed.
        url: its canonical address.
        address: where it was found: relative addresses in it start from there.

    Raises:
        SourceError: bad_data when it is no feed, or too much to be read.
    """
    if len(answer.body) > LONGEST_DOCUMENT:
        raise _bad(f"the feed is longer than {LONGEST_DOCUMENT >> 20} MB")
    text = text_of(answer.body, answer.headers)
    of_profile = {"key": key, "url": url, "address": address}
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _json_feed(text, of_profile, address)
    return _xml_feed(text, of_profile, address)


def _xml_feed(text: str, of_profile: Mapping[str, object], address: str) -> Document:
    found = _parse_apart(tame(text).encode())
    # An HTML page has no format, and gives no entries.
    if found.format is None and not found.entries:
        raise _bad(f"no feed: it begins with {excerpt(text[:200], 80)!r}")
    links = found.feed.get("links")
    about = {
        **of_profile,
        "format": found.format,
        "fault": found.fault,
        "title": found.feed.get("title"),
        "link": found.feed.get("link"),
        "author": found.feed.get("author_detail"),
        "language": found.feed.get("language"),
    }
    items = _with_feed(found.entries, about)
    older = _older(links if isinstance(links, list) else [])
    return Document(items, joined(address, older) if older else None, text)


def _parse_apart(document: bytes) -> _Parsed:
    # The path is all it needs to find what we found, and none of our secrets goes with it.
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "scrape_assets.sources.direct.feed_parser"],
            input=document,
            capture_output=True,
            timeout=_PATIENCE,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _bad(f"the feed could not be read within {_PATIENCE} s") from None
    try:
        return msgspec.json.decode(done.stdout, type=_Parsed)
    except ValueError:
        last = excerpt(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2], 200)
        why = last or f"its reading was ended by signal {-done.returncode}, for it took more than {CPU_SECONDS} s"
        raise _bad(f"the feed cannot be read: {why}") from None


def _older(links: list[Any]) -> str | None:
    named = {link["rel"]: link["href"] for link in links if isinstance(link, dict) and {"rel", "href"} <= link.keys()}
    return next((str(named[rel]) for rel in _OLDER if rel in named), None)


def _json_feed(text: str, of_profile: Mapping[str, object], address: str) -> Document:
    """A JSON Feed (jsonfeed.org, 1.0 and 1.1), which feedparser does not read."""
    try:
        given = msgspec.json.decode(text.lstrip("\ufeff").encode("utf-8", "replace"), type=dict[str, msgspec.Raw])
        entries = msgspec.json.decode(given["items"], type=list[msgspec.Raw])
    except (ValueError, KeyError, RecursionError):
        raise _bad(f"no feed: it begins with {excerpt(text[:200], 80)!r}") from None
    authors = _value(given, "authors")
    author = authors[0] if isinstance(authors, list) and authors else _value(given, "author")
    about = {
        **of_profile,
        "format": "json",
        "title": _value(given, "title"),
        "link": _value(given, "home_page_url"),
        "author": author,
        "language": _value(given, "language"),
    }
    items = _with_feed(entries, about)
    older = _value(given, "next_url")
    return Document(items, joined(address, older) if isinstance(older, str) else None, None)


def _value(given: Mapping[str, msgspec.Raw], name: str) -> Any:
    try:
        return msgspec.json.decode(given[name]) if name in given else None
    except (ValueError, RecursionError):
        return None


def _with_feed(entries: Iterable[msgspec.Raw], about: Mapping[str, object]) -> list[bytes]:
    """The entries with what their feed says under "feed", which stands last and so counts. What is no object goes."""
    said = msgspec.json.encode({name: value for name, value in about.items() if value})
    inside = [raw[1:-1].strip() for raw in (bytes(entry).strip() for entry in entries) if raw.startswith(b"{")]
    return [b'{%b%b"feed":%b}' % (fields, b"," if fields else b"", said) for fields in inside]


def _bad(message: str) -> SourceError:
    return SourceError(ErrorClass.BAD_DATA, message)
