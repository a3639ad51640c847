"""What is said between us and the process in which a browser runs: one JSON object a line. Runs nothing."""

from typing import Literal

import msgspec


class Lookup(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where to look for a field within a post."""

    selector: str | None = None
    attribute: str | None = None
    html: bool = False  # the markup within, not the text


class Reading(msgspec.Struct, frozen=True):
    """What is to be read off a page."""

    posts: str
    fields: dict[str, list[Lookup]]
    many: list[str]  # fields of which all places count
    addresses: list[str]  # fields that are made whole addresses
    media: list[Lookup]
    by: Literal["scroll", "click", "next", "none"]
    way_on: str | None  # what is clicked, or the link to follow
    nothing: str | None
    until: str
    quiet: float  # seconds
    seconds: float


class Order(msgspec.Struct, frozen=True):
    """What the browser is to do.

    `open` shows a document, `step` scrolls or clicks; after either the page is read when it has come to rest.
    """

    do: Literal["open", "step"]
    reading: Reading
    alarm: int  # seconds after which the process ends itself, whatever it does
    url: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""
    afresh: bool = False  # without the cookies of what was open before
    instead: str | None = None  # an address that stands in for the scheme and host of all others


class Sighting(msgspec.Struct, frozen=True):
    """One post as it stands on the page: of each field what each lookup found."""

    fields: dict[str, list[list[str]]]
    media: list[list[dict[str, str | int | float]]]
    language: str | None = None


class View(msgspec.Struct, frozen=True):
    """A page at rest."""

    posts: list[Sighting]
    address: str
    html: str | None  # None: too long to be kept
    next: str | None = None  # where the link to older posts leads
    more: bool = False  # there is something to click
    nothing: bool = False  # the page says that it has no posts
    wish: str | None = None  # where the page itself wanted to go


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of an order. The first reply of a process has neither view nor fault: the browser is there."""

    view: View | None = None
    user_agent: str = ""
    fault: Literal["", "no_browser", "too_slow", "crashed", "selector"] = ""
    detail: str = ""
