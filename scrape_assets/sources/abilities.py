"""What a source can be asked, in words that code and people read alike. A declaration; nothing is done here."""

from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """Where a wish is honoured."""

    AT_SOURCE = "at the source"  # the source is asked for just that, and its answer is trusted
    CHECKED = "at the source, checked here"  # the source answers loosely: each post is looked at again
    AFTER = "after collection"  # the source cannot: what it gives is looked at here
    NOT = "not"  # neither can be done; the job says so


@dataclass(frozen=True, slots=True)
class Abilities:
    """What one source honours of the wishes of a job."""

    creators: bool  # the posts of a profile can be asked for
    events: bool  # posts can be searched for
    creator_time: How = How.AFTER  # the time range of a profile's posts
    event_time: How = How.NOT  # the time range of a search
    keywords: How = How.NOT
    place: How = How.NOT
    remark: str = ""  # one sentence on the limits worth knowing
    event_keys: tuple[str, ...] = ()  # environment variables without which it cannot search, though it gives profiles


NO_EVENTS = Abilities(creators=True, events=False)
