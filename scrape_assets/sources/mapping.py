"""What a source of posts declares: how a line of its payload becomes a post, and what a vendor is asked for.

To add a platform of the vendor, write one file with a `Dataset` and add one line to `registry.py`. Nothing
here calls a source.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.model import Post, Rejected
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import Abilities


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The time in which the wanted posts were written: from start up to end, both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"a window needs times with a zone, not {self.start} to {self.end}")
        if self.start > self.end:
            raise ValueError(f"a window cannot end before it starts: {self.start} to {self.end}")


class RequestInput(NamedTuple):
    """What the vendor is asked for one target. Inputs with the same `discover_by` may share a trigger."""

    discover_by: str | None  # None: collected directly, without a discovery stage
    input: dict[str, object]  # JSON, as the dataset documents it


class Mapping(Protocol):
    """From the lines of a payload to posts."""

    @property
    def platform(self) -> Platform:
        """The platform of all its posts."""

    @property
    def version(self) -> int:
        """Raised whenever the same line would give another post: rows remember which version wrote them."""

    def map_line(self, line: bytes, last: bool) -> Post | Rejected | None:
        """Map one line. Never raises, whatever the bytes.

        Args:
            line: one JSON object, without its line break.
            last: the payload ends with this line and without a line break, so it may be cut off.

        Returns:
            None for a line that is no record, such as the page that records were read from.
        """


class MapLine(Protocol):
    """`Mapping.map_line` as a function of its own."""

    def __call__(self, line: bytes, last: bool) -> Post | Rejected | None:
        """Map one line; see `Mapping.map_line`."""


@dataclass(frozen=True, slots=True)
class FunctionMapping:
    """A mapping that is one function and nothing else; see `Mapping`."""

    platform: Platform
    version: int
    map_line: MapLine


class Dataset(Protocol):
    """One dataset of the vendor: its id, what to ask it, and how to read its rows."""

    @property
    def name(self) -> str:
        """What it is called among the datasets of its platform: "posts", "reels"."""

    @property
    def platform(self) -> Platform:
        """The platform whose profiles it is asked about."""

    @property
    def mapping(self) -> Mapping:
        """How to read its rows."""

    @property
    def dataset_id(self) -> str:
        """The vendor's id, `gd_…`."""

    @property
    def abilities(self) -> Abilities:
        """What it honours."""

    def request_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for the posts of a profile written in the window.

        Raises:
            ValueError: when the profile is of another platform, or this dataset cannot be asked about it.
        """

    def search_inputs(self, search: Search, window: TimeWindow) -> list[tuple[str, RequestInput]]:
        """What to ask for the posts around an event: one input a keyword, each with its `search_key`.

        Empty when the dataset knows no search.
        """

    def limit_per_input(self, discover_by: str | None, posts_per_profile: int) -> int | None:
        """The vendor's limit of posts for each input of a trigger; None where the window is limit enough."""


def iso_milliseconds(moment: datetime) -> str:
    """The form the vendor documents for dates of LinkedIn and X: `2025-02-12T14:37:05.932Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def american_date(moment: datetime) -> str:
    """The form the vendor documents for dates of Instagram, TikTok and Facebook, month first: `02-12-2025`."""
    return f"{moment.astimezone(UTC):%m-%d-%Y}"
