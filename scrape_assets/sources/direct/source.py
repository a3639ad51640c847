"""What a direct source declares, and what it is asked. To add one, write one file and one line in `registry.py`."""

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import Abilities
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.mapping import Mapping, TimeWindow

Known: TypeAlias = Callable[[Collection[str]], Set[str]]
"""Which of these post ids need no second look: loaded before, and old enough for their counts to have settled."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whose posts, or which posts, are wanted. Either a profile or a search, never both."""

    key: str  # under which all that is found is attributed; becomes `Post.feed_key`
    window: TimeWindow
    profile: Profile | None = None
    search: Search | None = None
    remembered: str | None = None  # what the last page of the last collection asked to be remembered


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought.

    Attributes:
        items: the records, each one JSON value, byte for byte as it came (or as the envelope of it and of what the
            answer says of it elsewhere). Line breaks between tokens are allowed.
        cursor: where to go on after this page, in whatever words the source likes; None after the last. A collection
            that breaks off, by a crash or an exhausted quota, is resumed by handing it back.
        remember: kept for the next collection of the same target, and handed back as `Target.remembered`: a feed's
            ETag, say.
        notice: a sentence for whoever asked, on what was not asked for as they wished; becomes the job's warning.
        documents: what the items were read from, where that is not JSON: the text of a feed, the HTML of a page.
    """

    items: Sequence[bytes]
    cursor: str | None
    documents: Sequence[str] = ()
    remember: str | None = None
    notice: str | None = None


def noted(pages: Iterator[Page], notice: str | None) -> Iterator[Page]:
    """The pages, each with the notice."""
    return (replace(page, notice=notice) for page in pages) if notice else pages


def cut_circle(search: Search, widest_km: float) -> str | None:
    """The notice that a source takes no circle as wide as the one that is asked for; None when it does."""
    if search.place is None or search.place.radius_km <= widest_km:
        return None
    return f"the circle of {search.place.radius_km:g} km was cut to {widest_km:g} km, the widest that can be asked for"


class DirectSource(Protocol):
    """One API, or one kind of page, that gives posts at once."""

    @property
    def name(self) -> str:
        """The source's name in the ledger, the settings and the table of limits: its platform's, as a rule."""

    @property
    def platform(self) -> Platform:
        """The platform of all its posts."""

    @property
    def abilities(self) -> Abilities:
        """What it honours."""

    @property
    def mapping(self) -> Mapping:
        """How to read the lines that its items become; see `envelope.py`."""

    @property
    def base_url(self) -> str | None:
        """Where its API is, without a final slash; None when every profile names its own host."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The environment variables without which it is not configured."""

    @property
    def optional_keys(self) -> tuple[str, ...]:
        """Those that let it do more."""

    @property
    def pause_after(self) -> PauseAfter:
        """Reads the platform's rate-limit headers."""

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through what is wanted, newest first where the platform allows, to the platform's own end signal.

        Stops early when what follows is older than the window, or known (see `frontier.py`). May give the same post
        twice, and posts outside the window: they are told apart later.

        Args:
            api: makes the calls.
            target: what is wanted.
            cursor: of the last page that was kept; None to begin.
            known: which posts need no second look.

        Raises:
            SourceError: not_found when there is no such profile; refused, payment, throttled, server, network,
                bad_data as they come. Everything given before stays.
            ValueError: this source cannot be asked for such a target, with the reason.
        """
