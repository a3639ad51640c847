"""What the vendor's datasets have in common; each platform's file says the rest."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import Abilities
from scrape_assets.sources.mapping import FunctionMapping, MapLine, RequestInput, TimeWindow

MOST_OF_A_PROFILE = 1_000
"""Posts: a guard of the purse for windows that the vendor may not honour, far above what anybody posts in one."""


@dataclass(frozen=True, kw_only=True)
class VendorDataset(ABC):
    """One dataset of the vendor that knows no search and no limit but the window; see `Dataset`."""

    name: str
    platform: Platform
    dataset_id: str
    abilities: Abilities
    map_line: MapLine
    version: int = 1
    """Of `map_line`; see `Mapping.version`."""

    @property
    def mapping(self) -> FunctionMapping:
        """How to read its rows; see `Dataset`."""
        return FunctionMapping(self.platform, self.version, self.map_line)

    def request_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for the posts of a profile; see `Dataset`."""
        if profile.platform is not self.platform:
            raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on {self.platform}")
        return self.profile_input(profile, window)

    @abstractmethod
    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for the posts of a profile of its own platform; see `Dataset.request_input`."""

    def search_inputs(self, search: Search, window: TimeWindow) -> list[tuple[str, RequestInput]]:  # noqa: ARG002
        """None: the dataset knows no search; see `Dataset`."""
        return []

    def limit_per_input(self, discover_by: str | None, posts_per_profile: int) -> int | None:  # noqa: ARG002
        """None: the window is limit enough; see `Dataset`."""
        return None
