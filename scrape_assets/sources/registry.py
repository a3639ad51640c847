"""Which platform is read through which dataset of the vendor. Nothing about how."""

from scrape_assets.posts.platforms import Platform, parse_platform
from scrape_assets.sources.linkedin import LinkedInPosts
from scrape_assets.sources.mapping import Dataset

BRIGHTDATA: dict[Platform, Dataset] = {
    Platform.LINKEDIN: LinkedInPosts(),
}


def collectable_platforms() -> list[Platform]:
    """The platforms that can be collected today, in the order of the registry."""
    return list(BRIGHTDATA)


class NoDataset(LookupError):
    """A platform that the vendor cannot be asked about yet; the message names those that it can."""


def brightdata_dataset(platform: str) -> Dataset:
    """The vendor's dataset for the posts of a platform.

    Raises:
        NoDataset: when the platform has none yet.
        UnknownPlatform: when the name is no platform.
    """
    known = parse_platform(platform)
    if known not in BRIGHTDATA:
        raise NoDataset(f"{known} is not collected through Bright Data yet; collected today: {', '.join(BRIGHTDATA)}")
    return BRIGHTDATA[known]
