"""How a site marks up its posts, as data: one small TOML file a site. Reads and chooses rules; opens no page."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NoReturn
from urllib.parse import urlsplit

import msgspec

from scrape_assets.posts.model import PostKind
from scrape_assets.sources.errors import NotConfigured

SHIPPED = Path(__file__).parent / "sites"
OWN_RULES = "SCRAPE_ASSETS_WEB_RULES"
"""The environment variable that names a folder with further rules."""

_HOST = re.compile(r"\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_PLACE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<where>.*)`", re.DOTALL)
_NAMED = re.compile(r"Object (?:contains|missing required) (?P<fault>unknown field|field) `(?P<name>[^`]*)`")

Seconds = Annotated[float, msgspec.Meta(gt=0, le=120)]
Css = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Field(_Strict, frozen=True):
    """Where a field of a post stands. With nothing set: the text of the post's own element."""

    selector: Css | None = None  # within the post; the post's own element without it
    attribute: Css | None = None  # its text without it
    pattern: Annotated[str, msgspec.Meta(min_length=1)] | None = None  # a regular expression: its group 1, or all of it


Where = Field | list[Field]
"""Of several, the first that gives something."""


class Fields(_Strict, frozen=True):
    """The fields of a post. A post without a time is none, so that one is needed."""

    time: Where
    id: Where | None = None
    url: Where | None = None
    author: Where | None = None
    author_url: Where | None = None
    title: Where | None = None
    text: Where | None = None
    media: Where | None = None  # all that the selector finds
    tags: Where | None = None  # all
    mentions: Where | None = None  # all; addresses of profiles
    likes: Where | None = None
    comments: Where | None = None
    shares: Where | None = None
    views: Where | None = None
    saves: Where | None = None
    language: Where | None = None
    reply_to: Where | None = None
    repost_of: Where | None = None
    latitude: Where | None = None
    longitude: Where | None = None


class GoOn(_Strict, frozen=True):
    """How to come to older posts."""

    by: Literal["scroll", "click", "next", "none"] = "none"
    selector: Css | None = None  # what is clicked, or the link whose address is next


class Wait(_Strict, frozen=True):
    """When a page has shown what it has."""

    until: Css | None = None  # this is there; a post, without it
    quiet: Seconds = 1.0  # nothing has been asked for and nothing has changed for so long
    seconds: Seconds = 15.0  # and no longer than this


class Limits(_Strict, frozen=True):
    """How much of a page is read."""

    steps: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 50  # scrolls, clicks or further pages
    pause: Annotated[float, msgspec.Meta(ge=0, le=120)] = 1.0  # seconds between two of them, at least


class Rule(_Strict, frozen=True):
    """How to read the pages of one site."""

    hosts: Annotated[list[str], msgspec.Meta(min_length=1)]  # "example.com", "*.example.com", or "*" for any
    posts: Css  # where a post begins
    fields: Fields
    path: str | None = None  # a regular expression for the whole path
    go_on: GoOn = GoOn()
    wait: Wait = Wait()
    limits: Limits = Limits()
    nothing: Css | None = None  # what a page shows that rightly has no posts
    kind: PostKind | None = None  # of all its posts
    owner: bool = False  # its posts are by whoever the page belongs to, unless they name an author


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule and the file it was read from."""

    name: str
    rule: Rule


def read_rules(own: str | None) -> list[NamedRule]:
    """All rules: those of the own folder, and those that come with the package and have no namesake there.

    Raises:
        NotConfigured: naming the file and the field that cannot be used.
    """
    folders = [SHIPPED]
    if own:
        folders.insert(0, Path(own))
        if not folders[0].is_dir():
            raise NotConfigured(f"{OWN_RULES} is {own}, which is no folder")
    files: dict[str, Path] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.toml")):
            files.setdefault(file.stem, file)
    return [NamedRule(name, _read(file)) for name, file in files.items()]


def rule_for(address: str, rules: Iterable[NamedRule]) -> NamedRule:
    """The rule for an address: a named host before a pattern of hosts, one with a path before one without.

    Raises:
        NotConfigured: there is none.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    fitting = [
        (max(ranks), one.rule.path is not None, one)
        for one in rules
        if (ranks := [rank for name in one.rule.hosts if (rank := _rank(name.removeprefix("www."), host))])
        and (one.rule.path is None or re.fullmatch(one.rule.path, parts.path))
    ]
    if not fitting:
        raise NotConfigured(f"no rule says how to read {host}; put one into the folder that {OWN_RULES} names")
    return max(fitting, key=lambda one: one[:2])[2]


def alternatives(where: Where | None) -> list[Field]:
    """The places in which to look for a field, in their order."""
    if where is None:
        return []
    return [where] if isinstance(where, Field) else where


def _rank(name: str, host: str) -> int:
    if name == "*":
        return 1
    if name.startswith("*."):
        return 1 + len(name) if host.endswith(name[1:]) else 0
    return 1000 if name == host else 0


def _read(file: Path) -> Rule:
    try:
        rule = msgspec.convert(tomllib.loads(file.read_text("utf-8")), Rule)
    except msgspec.ValidationError as error:
        _refuse(file, *_fault(str(error)))
    except (OSError, ValueError) as error:  # TOML's errors and those of UTF-8 are ValueErrors
        raise NotConfigured(f"the rule {file.name} cannot be read: {error}") from None
    for host in rule.hosts:
        if not _HOST.fullmatch(host):
            _refuse(file, "hosts", f"{host!r} is no host name in lower case, such as example.com or *.example.com")
    _check_pattern(file, "path", rule.path)
    for name in Fields.__struct_fields__:
        for field in alternatives(getattr(rule.fields, name)):
            _check_pattern(file, f"fields.{name}.pattern", field.pattern)
    if rule.go_on.by in ("click", "next") and not rule.go_on.selector:
        _refuse(file, "go_on.selector", f"is missing; by = {rule.go_on.by!r} needs it")
    return rule


def _check_pattern(file: Path, where: str, pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        _refuse(file, where, f"{pattern!r} is no regular expression: {error}")


def _fault(said: str) -> tuple[str, str]:
    """Where a rule is wrong, and how."""
    place = _PLACE.fullmatch(said)
    where, what = (place["where"], place["what"]) if place else ("", said)
    named = _NAMED.match(what)
    if not named:
        return where, what
    where = f"{where}.{named['name']}" if where else named["name"]
    return where, "is missing" if named["fault"] == "field" else "is no field of a rule"


def _refuse(file: Path, where: str, what: str) -> NoReturn:
    raise NotConfigured(f"the rule {file.name} cannot be used: {where}: {what}")
