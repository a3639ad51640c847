"""Which platform is collected through which sources, and which of them first. Nothing about how.

A dataset of the vendor is one line here, a direct source two: itself, and its place in the order.
"""

from collections.abc import Sequence

from scrape_assets.posts.platforms import Platform, parse_platform
from scrape_assets.sources.datasets import facebook, instagram, linkedin, reddit, tiktok, x, youtube
from scrape_assets.sources.direct import bluesky, feed, hackernews, lemmy, mastodon, reddit_feed, web, youtube_feed
from scrape_assets.sources.direct import instagram as instagram_api
from scrape_assets.sources.direct import reddit as reddit_api
from scrape_assets.sources.direct import tiktok as tiktok_api
from scrape_assets.sources.direct import x as x_api
from scrape_assets.sources.direct import youtube as youtube_api
from scrape_assets.sources.direct.source import DirectSource
from scrape_assets.sources.mapping import Dataset, Mapping

BRIGHTDATA = "brightdata"

DATASETS: dict[Platform, tuple[Dataset, ...]] = {
    Platform.LINKEDIN: linkedin.DATASETS,
    Platform.INSTAGRAM: instagram.DATASETS,
    Platform.TIKTOK: tiktok.DATASETS,
    Platform.X: x.DATASETS,
    Platform.FACEBOOK: facebook.DATASETS,
    Platform.YOUTUBE: youtube.DATASETS,
    Platform.REDDIT: reddit.DATASETS,
}
"""The vendor's datasets, the default of each platform first."""

DIRECT: dict[str, DirectSource] = {
    source.name: source
    for source in (
        instagram_api.SOURCE,
        tiktok_api.SOURCE,
        x_api.SOURCE,
        youtube_api.SOURCE,
        reddit_api.SOURCE,
        bluesky.SOURCE,
        mastodon.SOURCE,
        hackernews.SOURCE,
        lemmy.SOURCE,
        feed.SOURCE,
        youtube_feed.SOURCE,
        reddit_feed.SOURCE,
        web.SOURCE,
    )
}
"""The direct sources by name."""

ORDER: dict[Platform, tuple[str, ...]] = {
    Platform.LINKEDIN: (BRIGHTDATA,),
    Platform.INSTAGRAM: ("instagram", BRIGHTDATA),
    Platform.TIKTOK: ("tiktok", BRIGHTDATA),
    Platform.X: ("x", BRIGHTDATA),
    Platform.FACEBOOK: (BRIGHTDATA,),
    Platform.YOUTUBE: ("youtube", BRIGHTDATA, "youtube_feed"),
    Platform.REDDIT: ("reddit", BRIGHTDATA),
    Platform.BLUESKY: ("bluesky",),
    Platform.MASTODON: ("mastodon",),
    Platform.HACKERNEWS: ("hackernews",),
    Platform.LEMMY: ("lemmy",),
    Platform.FEED: ("feed",),
    Platform.WEB: ("web",),
}
"""Who is asked for a platform, in this order, unless the settings say otherwise: the platform itself before the
vendor, whose answers cost money."""

NEEDED_PACKAGES: dict[str, tuple[str, ...]] = {"web": ("playwright", "protego")}
"""The packages of an extra, named as the source, without which the source is not configured."""

OFF_BY_DEFAULT: dict[Platform, tuple[str, ...]] = {
    # It may block the address of everybody behind it after one request a minute, and may end any day.
    Platform.REDDIT: ("reddit_feed",),
}
"""Sources that are asked only where the settings name them."""


class NoSource(LookupError):
    """A platform that nothing collects, or a source that does not serve it; the message names those that do."""


def collectable_platforms() -> list[Platform]:
    """The platforms that can be collected today, in the order of the registry."""
    return list(ORDER)


def sources_of(platform: str) -> tuple[str, ...]:
    """The sources of a platform in the order of the registry.

    Raises:
        NoSource: when it has none yet.
        UnknownPlatform: when the name is no platform.
    """
    known = parse_platform(platform)
    if known not in ORDER:
        raise NoSource(f"{known} is not collected yet; collected today: {', '.join(ORDER)}")
    return ORDER[known]


def dataset(platform: str, name: str | None = None) -> Dataset:
    """One of the vendor's datasets of a platform; the default without a name.

    Raises:
        NoSource: there is no such dataset.
    """
    known = _datasets(platform)
    for one in known:
        if name in (None, one.name):
            return one
    raise NoSource(f"Bright Data has no dataset {name!r} for {platform}; it has {', '.join(d.name for d in known)}")


def mapping_of(source: str, platform: str, dataset_id: str | None) -> Mapping:
    """How to read the payload of a snapshot.

    Raises:
        NoSource: nobody here knows how.
    """
    if source == BRIGHTDATA:
        known = _datasets(platform)
        return next((one for one in known if one.dataset_id == dataset_id), known[0]).mapping
    return direct_source(source).mapping


def direct_source(name: str) -> DirectSource:
    """A direct source by its name.

    Raises:
        NoSource: there is none of this name.
    """
    if name not in DIRECT:
        raise NoSource(f"there is no source {name!r}; there are {', '.join([BRIGHTDATA, *DIRECT])}")
    return DIRECT[name]


def _datasets(platform: str) -> Sequence[Dataset]:
    known = DATASETS.get(parse_platform(platform), ())
    if not known:
        raise NoSource(f"{platform} is not collected through Bright Data; it collects {', '.join(DATASETS)}")
    return known
