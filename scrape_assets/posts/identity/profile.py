"""What a profile is, and what to say about a text that is none. No rules of any platform."""

from dataclasses import dataclass
from enum import StrEnum

from scrape_assets.posts.platforms import Platform


class ProfileKind(StrEnum):
    """Who stands behind a profile."""

    PERSON = "person"
    ORGANIZATION = "organization"
    ACCOUNT = "account"  # a person's or an organization's: the address does not say whose
    COMMUNITY = "community"  # many people post in it: a subreddit, a Lemmy community
    FEED = "feed"  # a feed or a page of the web, whoever writes in it


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile on one platform. Two spellings of one profile have the same platform and key."""

    platform: Platform
    key: str  # canonical, unique within the platform, e.g. "in/jane-doe"
    url: str  # canonical, fit to be opened or sent to a source
    handle: str | None  # the name in the URL as it is compared; None when the URL holds only an id
    kind: ProfileKind
    platform_user_id: str | None = None  # the platform's own id, when the URL holds it in the name's place


class NotAProfile(ValueError):
    """A text that leads to no profile. The message gives the reason to whoever pasted it."""
