"""What an attachment's address says of itself: which file it leads to, and until when. Nothing is asked.

Platforms sign the addresses of their media: the same picture comes under another address with every observation. No
types of files, no network.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

# Hosts of which it is known that the path alone names the file, and that the query, and which of many servers it is,
# say only who may have it and until when.
SIGNING_HOSTS = (
    "cdninstagram.com",
    "fbcdn.net",
    "licdn.com",
    "tiktokcdn.com",
    "tiktokcdn-eu.com",
    "tiktokcdn-us.com",
    "tiktokv.com",
)
# There the path is the same for all, and these say which video it is, in which quality.
NAMED_IN_QUERY = {"googlevideo.com": ("id", "itag", "clen")}
# TikTok also signs in the path: `/<signature>/<seconds, hex>/video/tos/…`.
_SIGNED_PATH = re.compile(r"/[0-9a-f]{32}/(?P<until>[0-9a-f]{8})(?P<rest>/.+)")

_EARLIEST, _LATEST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_LONGEST = 4_000_000_000  # seconds: more is no moment


def file_key(url: str) -> str:
    """Which file an address leads to, as a hash: equal for the same file under another signature."""
    return hashlib.sha256(_without_signature(url).encode("utf-8", "surrogatepass")).hexdigest()


def signed_until(url: str) -> datetime | None:
    """Until when an address is good, as far as it says so itself."""
    try:
        split = urlsplit(url)
    except ValueError:
        return None
    given = _parameters(split.query)
    moments = [moment for read in (_meta, _seconds, _amazon, _azure) if (moment := read(given))]
    if _at(split.hostname, ("licdn.com",)):
        moments += [moment for moment in [_moment(given.get("e"))] if moment]
    if _at(split.hostname, SIGNING_HOSTS) and (path := _SIGNED_PATH.match(split.path)):
        moments += [moment for moment in [_moment(path["until"], base=16)] if moment]
    return min(moments, default=None)


def is_signed(url: str) -> bool:
    """Whether an address is one that ends."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return _at(host, (*SIGNING_HOSTS, *NAMED_IN_QUERY)) or signed_until(url) is not None


def _without_signature(url: str) -> str:
    try:
        split = urlsplit(url)
    except ValueError:
        return url
    host = split.hostname
    for known, names in NAMED_IN_QUERY.items():
        if _at(host, (known,)):
            given = _parameters(split.query)
            named = {name: given[name] for name in names if name in given}
            # Without the video's name the query may say anything: then it is the whole of it.
            return f"//{known}{split.path}?{urlencode(named)}" if "id" in named else url
    for known in SIGNING_HOSTS:
        if _at(host, (known,)):
            path = _SIGNED_PATH.match(split.path)
            return f"//{known}{path['rest'] if path else split.path}"
    if signed_until(url) is None:
        return url
    # An unknown host that signs as others do: what else is in the query may name the file.
    kept = [(name, value) for name, value in parse_qsl(split.query, True) if name.lower() not in _SIGNATURES]
    return f"//{split.netloc}{split.path}?{urlencode(kept)}"


_SIGNATURES = frozenset({
    *("oe", "oh", "ccb", "_nc_sid", "_nc_ohc", "_nc_gid", "_nc_oc", "_nc_zt", "_nc_ht", "_nc_cat", "edm", "efg"),
    *("x-expires", "x-signature", "expire", "expires", "signature", "sig", "key-pair-id", "policy"),
    *("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-security-token", "x-amz-signature"),
    *("x-amz-signedheaders", "x-goog-algorithm", "x-goog-credential", "x-goog-date", "x-goog-expires"),
    *("x-goog-signature", "x-goog-signedheaders", "se", "st", "sp", "sv", "sr", "skoid", "sktid", "ske", "sks", "skv"),
})  # fmt: skip


def _parameters(query: str) -> Mapping[str, str]:
    try:
        return {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=200)}
    except ValueError:  # more than anybody needs
        return {}


def _at(host: str | None, known: tuple[str, ...]) -> bool:
    return host is not None and any(host == name or host.endswith(f".{name}") for name in known)


def _meta(given: Mapping[str, str]) -> datetime | None:
    """Instagram and Facebook: hexadecimal seconds."""
    return _moment(given.get("oe"), base=16) if "oh" in given else None


def _seconds(given: Mapping[str, str]) -> datetime | None:
    """TikTok, YouTube, CloudFront and others: seconds."""
    return next((moment for name in ("x-expires", "expire", "expires") if (moment := _moment(given.get(name)))), None)


def _amazon(given: Mapping[str, str]) -> datetime | None:
    """S3, GCS and all that do as they do: a moment, and seconds from then on."""
    for brand in ("x-amz", "x-goog"):
        try:
            begun = datetime.strptime(given[f"{brand}-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return begun + timedelta(seconds=min(int(given[f"{brand}-expires"]), _LONGEST))
        except (KeyError, ValueError, OverflowError):
            continue
    return None


def _azure(given: Mapping[str, str]) -> datetime | None:
    if "sig" not in given:
        return None
    try:
        until = datetime.fromisoformat(given.get("se", ""))
    except ValueError:
        return None
    return until if until.tzinfo else until.replace(tzinfo=UTC)


def _moment(text: str | None, *, base: int = 10) -> datetime | None:
    if not text or not re.fullmatch(r"[0-9a-fA-F]{1,12}", text):
        return None
    try:
        seconds = int(text, base)
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _EARLIEST < moment < _LATEST else None
