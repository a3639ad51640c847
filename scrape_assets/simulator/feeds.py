"""When an author posts: fixed by seed, author and day, so that every snapshot finds the same posts again.

Only identities and times; what a post says and how its counts grow is in `linkedin`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.people import Author, crowd

DAY_MS = 86_400_000
_OPENING_DAYS = 4000  # nobody posted before that many days ago


class PostRef(NamedTuple):
    """One post of one author."""

    author: Author
    posted_ms: int  # Unix milliseconds
    luck: int  # what its text, counts and attachments are drawn from

    @property
    def activity_id(self) -> int:
        """The platform's number: the posting time in the upper bits."""
        return (self.posted_ms << 22) | (self.luck & 0x3FFFFF)


def posts_of_day(author: Author, day: int) -> list[PostRef]:
    """The 0 to 2 posts an author wrote on a day (days since 1970, UTC)."""
    chance = dice(author.seed, author.key, day)
    drawn = chance.below(100)
    count = 0 if drawn < 35 else 1 if drawn < 80 else 2
    return [_slot(author, day, slot, chance.below(DAY_MS // 2) + slot * (DAY_MS // 2)) for slot in range(count)]


def liked_on(author: Author, day: int) -> PostRef | None:
    """A post by somebody else that shows up in this author's feed on that day, if any."""
    chance = dice(author.seed, "liked", author.key, day)
    if not chance.chance(15):
        return None
    people = crowd(author.seed)
    other = people[chance.below(len(people))]
    if other.key == author.key:
        return None
    return next(iter(posts_of_day(other, day)), None)


def latest_before(author: Author, moment_ms: int) -> PostRef | None:
    """The author's last post before that moment, looking back four days."""
    today = moment_ms // DAY_MS
    for day in range(today, today - 4, -1):
        for ref in reversed(posts_of_day(author, day)):
            if ref.posted_ms < moment_ms:
                return ref
    return None


def find_post(author: Author, activity_id: int) -> PostRef | None:
    """The author's post with that number, if it stands in their calendar."""
    posts = posts_of_day(author, (activity_id >> 22) // DAY_MS)
    return next((ref for ref in posts if ref.activity_id == activity_id), None)


def invented_post(author: Author, activity_id: int) -> PostRef:
    """A post made to fit a number that no calendar holds."""
    luck = roll(author.seed, author.key, activity_id)
    return PostRef(author, activity_id >> 22, (luck & ~0x3FFFFF) | (activity_id & 0x3FFFFF))


def feed(author: Author, *, from_ms: int, until_ms: int, with_liked: bool) -> Iterator[PostRef]:
    """What stands in an author's feed between two moments, newest day first."""
    last_day = until_ms // DAY_MS
    first_day = max(from_ms // DAY_MS, last_day - _OPENING_DAYS)
    for day in range(last_day, first_day - 1, -1):
        refs = posts_of_day(author, day)
        if with_liked and (liked := liked_on(author, day)) is not None:
            refs.append(liked)
        for ref in refs:
            if from_ms <= ref.posted_ms <= until_ms:
                yield ref


class DenseFeed(Sequence[PostRef]):
    """Exactly so many own posts, spread evenly over a time; for load. They are made one at a time.

    Each author begins at a moment of their own: a thousand who write in the same millisecond would share numbers.
    """

    def __init__(self, author: Author, count: int, *, from_ms: int, until_ms: int) -> None:
        self._author = author
        self._count = count
        self._from_ms = from_ms
        self._span = until_ms - from_ms
        self._begin = roll(author.seed, "dense", author.key) % max(self._span // max(count, 1), 1)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> PostRef: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[PostRef]: ...
    def __getitem__(self, index: int | slice) -> PostRef | Sequence[PostRef]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        moment = self._from_ms + self._begin + self._span * index // self._count
        return PostRef(self._author, moment, roll(self._author.seed, self._author.key, moment, index))


def _slot(author: Author, day: int, slot: int, offset_ms: int) -> PostRef:
    return PostRef(author, day * DAY_MS + offset_ms, roll(author.seed, author.key, day, slot))
