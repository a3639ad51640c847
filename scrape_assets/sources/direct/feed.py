"""Feeds of any site: RSS, Atom and JSON Feed. The whole of what a feed holds; it cannot be searched."""

from collections.abc import Iterator
from dataclasses import dataclass

from scrape_assets.posts.platforms import Platform
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.feed_pages import FeedAddress, feed_pages
from scrape_assets.sources.direct.feed_posts import MAPPING
from scrape_assets.sources.direct.limits import no_headers
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.mapping import Mapping

_ABILITIES = Abilities(
    creators=True,
    events=False,
    creator_time=How.AFTER,
    remark="A feed holds its newest entries only, often 10 to 20, and cannot be searched.",
)


@dataclass(frozen=True, slots=True)
class FeedSource:
    """The feeds of all sites that have no source of their own; see `DirectSource`."""

    name: str = "feed"
    platform: Platform = Platform.FEED
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = None
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = no_headers  # a feed's server says Retry-After, which every source honours

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Read a feed, and the older documents it leads to; see `DirectSource.pages`."""
        profile = target.profile
        if profile is None:
            raise ValueError("a feed cannot be searched: name the feeds, and their entries are looked through")
        if profile.platform is not self.platform:
            raise ValueError(f"{profile.url} is a profile on {profile.platform}, not a feed")
        feed = FeedAddress(profile.url, profile.key, profile.url)
        return feed_pages(api, target, cursor, known, feed=feed, mapping=self.mapping)


SOURCE = FeedSource()
"""The one there is."""
