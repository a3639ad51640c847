"""Posts of invented people, whose authors are certain: vendor's rows, who is followed, and the truth. No tests.

What goes wrong in the world is in it on purpose: people change their name and others take the name they have left,
names look alike, a person and a company have the same one, two people share an account, addresses are spelt in many
ways, rows lack the user's number, feeds hold what others wrote, and the same post is seen again under its author's
newer name. Half of it is X, where rows mostly hold a user's number, half LinkedIn, where they hold none.
"""

import datetime as dt
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets import linkedin, x

START = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
MONTHS = 12
MONTH = dt.timedelta(days=30)
X_EPOCH = dt.datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=dt.UTC)

FIRST = ("ada", "bram", "chidi", "dilek", "elodie", "farid", "gunta", "hana", "ivo", "jorun", "kenji", "lior", "mira")
LAST = (
    "arendt",
    "bakker",
    "castillo",
    "demir",
    "eriksen",
    "fofana",
    "haddad",
    "ito",
    "jansen",
    "kowal",
    "lund",
    "moreau",
)
HOSTS = ("www.linkedin.com", "uk.linkedin.com", "de.linkedin.com", "nl.linkedin.com", "linkedin.com", "m.linkedin.com")

Truth = tuple[str, str, str, str]  # creator, platform, post, role


@dataclass(frozen=True)
class Name:
    """What an account is called for a time."""

    handle: str
    since: dt.datetime
    until: dt.datetime


@dataclass
class Account:
    """An account, whoever it is; `creator_id` is None for those whom nobody follows."""

    platform: str
    number: str
    names: list[Name]
    creator_id: str | None = None
    section: str = "in"  # on LinkedIn

    def name(self, at: dt.datetime) -> str:
        """What it is called at that time."""
        return next(one.handle for one in reversed(self.names) if one.since <= at)


@dataclass(frozen=True)
class Followed:
    """A profile as people enter it."""

    creator_id: str
    platform: str
    url: str
    valid_from: dt.datetime | None = None
    valid_to: dt.datetime | None = None
    without_handle: bool = False  # as a program may insert it


@dataclass(frozen=True)
class Delivery:
    """A payload of one platform, and when it was collected."""

    snapshot_id: str
    platform: str
    map_line: Callable[[bytes, bool], Post | Rejected]
    lines: list[bytes]


@dataclass
class Corpus:
    """Everything: in the order in which it happens."""

    followed: list[Followed] = field(default_factory=list)  # from the beginning
    refused: list[Followed] = field(default_factory=list)  # a second owner of an account; the import must say no
    deliveries: list[Delivery] = field(default_factory=list)
    followed_later: list[Followed] = field(default_factory=list)  # when all has been delivered
    truth: set[Truth] = field(default_factory=set)
    foreign_in_feeds: set[tuple[str, str, str]] = field(default_factory=set)  # feed's owner, platform, post


def corpus(posts: int, seed: int = 1) -> Corpus:
    """About so many posts, the same for the same seed."""
    rng = random.Random(seed)
    made = Corpus()
    for platform, people in (("x", _on_x), ("linkedin", _on_linkedin)):
        accounts = people(rng, made, max(40, posts // 60))
        _Year(rng, made, platform, accounts).deliver(posts // 2)
    return made


def _handles(rng: random.Random, separator: str) -> Iterator[str]:
    """Names, each once; many of them alike."""
    given: set[str] = set()
    while True:
        parts = [rng.choice(FIRST), rng.choice(LAST), *rng.choices(([], [str(rng.randrange(100))]), (1, 3))[0]]
        handle = separator.join(parts)[:15] if separator == "_" else separator.join(parts)
        if handle not in given:
            given.add(handle)
            yield handle


def _on_x(rng: random.Random, made: Corpus, people: int) -> list[Account]:
    handles, end = _handles(rng, "_"), START + (MONTHS + 1) * MONTH
    accounts = []
    for place in range(people):
        creator = f"x-{place}" if rng.random() < 0.5 else None
        first, number = next(handles), str(20_000_000 + place)
        names = [Name(first, START, end)]
        if rng.random() < 0.2:  # another name in the course of the year, for some a third
            moment = START + rng.uniform(2, 9) * MONTH
            names = [Name(first, START, moment), Name(next(handles), moment, end)]
            if rng.random() < 0.2:
                again = moment + MONTH
                names = [names[0], Name(names[1].handle, moment, again), Name(next(handles), again, end)]
            if rng.random() < 0.5:  # and, some time later, somebody takes the old one
                taken = names[0].until + rng.uniform(0.2, 2) * MONTH
                accounts.append(Account("x", str(30_000_000 + place), [Name(first, taken, end)]))
        account = Account("x", number, names, creator)
        accounts.append(account)
        if rng.random() < 0.3:  # and somebody whose name looks the same
            alike = first.replace("_", "", 1) if rng.random() < 0.5 else f"{first[:13]}_1"
            accounts.append(Account("x", str(40_000_000 + place), [Name(alike, START, end)]))
        if creator:
            spelt = rng.choice(("https://x.com/{}", "https://twitter.com/{}?lang=de", "@{}", "x.com/{}/"))
            spelling = spelt.format(first.upper() if rng.random() < 0.1 else first)
            profile = Followed(creator, "x", spelling, without_handle=rng.random() < 0.1)
            if rng.random() < 0.15:
                made.followed_later.append(Followed(creator, "x", f"https://x.com/{names[-1].handle}"))
            else:
                made.followed.append(profile)
                if rng.random() < 0.05:
                    made.refused.append(Followed(f"{creator}-partner", "x", profile.url))
    return _without_two_of_a_name(accounts)


def _on_linkedin(rng: random.Random, made: Corpus, people: int) -> list[Account]:
    handles, end = _handles(rng, "-"), START + (MONTHS + 1) * MONTH
    accounts = []
    for place in range(people):
        creator = f"li-{place}" if rng.random() < 0.5 else None
        section = "company" if rng.random() < 0.3 else "in"
        handle = next(handles)
        account = Account("linkedin", "", [Name(handle, START, end)], creator, section)
        accounts.append(account)
        if rng.random() < 0.25:  # the other kind of profile has the same handle: followed as well, or not
            other = "in" if section == "company" else "company"
            twin = Account("linkedin", "", [Name(handle, START, end)], f"li-{place}-twin", other)
            if rng.random() < 0.5:
                made.followed.append(Followed(f"li-{place}-twin", "linkedin", _spelt(rng, other, handle)))
            else:
                twin.creator_id = None
            accounts.append(twin)
        if rng.random() < 0.3:
            accounts.append(Account("linkedin", "", [Name(f"{handle}-1", START, end)], None, section))
        if not creator:
            continue
        when = made.followed_later if rng.random() < 0.15 else made.followed
        if rng.random() < 0.1:  # a change that people have entered, and somebody who has the name since
            moment = START + rng.uniform(2, 9) * MONTH
            account.names = [Name(handle, START, moment), Name(next(handles), moment, end)]
            when.append(Followed(creator, "linkedin", _spelt(rng, section, handle), valid_to=moment))
            new = _spelt(rng, section, account.names[1].handle)
            when.append(Followed(creator, "linkedin", new, valid_from=moment))
            accounts.append(Account("linkedin", "", [Name(handle, moment + MONTH, end)], None, section))
        else:
            spelling = _spelt(rng, section, handle)
            when.append(Followed(creator, "linkedin", spelling, without_handle=rng.random() < 0.1))
            if (
                place % 250 == 249
            ):  # a change that nobody has entered, and no number tells of; and who has the name since
                moment = START + rng.uniform(8, 11) * MONTH
                account.names = [Name(handle, START, moment), Name(next(handles), moment, end)]
                if place % 500 == 499:
                    accounts.append(Account("linkedin", "", [Name(handle, moment + MONTH / 2, end)], None, section))
    return accounts


def _spelt(rng: random.Random, section: str, handle: str) -> str:
    ending = rng.choice(("", "/", "?trk=public_post", "/recent-activity/all/" if section == "in" else "/about/"))
    name = handle.upper() if rng.random() < 0.1 else handle
    return f"https://{rng.choice(HOSTS)}/{section}/{name}{ending}"


def _without_two_of_a_name(accounts: list[Account]) -> list[Account]:
    """Those whose names nobody else has at the same time."""
    kept: list[Account] = []
    by_name: dict[str, list[Name]] = {}
    for account in sorted(accounts, key=lambda one: one.creator_id is None):
        others = [one for name in account.names for one in by_name.get(name.handle, ())]
        if all(
            mine.until <= other.since or other.until <= mine.since or mine.handle != other.handle
            for mine in account.names
            for other in others
        ):
            kept.append(account)
            for name in account.names:
                by_name.setdefault(name.handle, []).append(name)
    return kept


@dataclass
class _Year:
    """A year of posts by these accounts, collected month by month."""

    rng: random.Random
    made: Corpus
    platform: str
    accounts: list[Account]

    def deliver(self, posts: int) -> None:
        mapping = x.map_line if self.platform == "x" else linkedin.map_line
        seen_last: list[tuple[int, Account, dt.datetime, dict[str, object]]] = []
        for month in range(MONTHS):
            collected = START + (month + 1) * MONTH
            rows, lines = [], []
            for number in range(posts // MONTHS):
                post = self._post(month * 1_000_000 + number, START + month * MONTH, collected)
                if post:
                    rows.append(post)
            for number, account, posted, more in seen_last:  # again, as the platform shows it now
                if self.rng.random() < 0.1:
                    lines.append(self._row(number, account, posted, collected, more))
            lines += [self._row(number, account, posted, collected, more) for number, account, posted, more in rows]
            self.rng.shuffle(lines)
            snapshot = f"{self.platform}-{month:02}"
            self.made.deliveries.append(Delivery(snapshot, self.platform, mapping, lines))
            seen_last = rows

    def _post(
        self, number: int, after: dt.datetime, before: dt.datetime
    ) -> tuple[int, Account, dt.datetime, dict[str, object]] | None:
        rng, account = self.rng, self.rng.choice(self.accounts)
        posted = after + (before - after) * rng.random()
        posted -= dt.timedelta(microseconds=posted.microsecond)
        if posted < account.names[0].since:
            return None
        post_id = self._id(number, posted)
        repost = rng.random() < 0.1
        if account.creator_id:
            self._true(account.creator_id, post_id, "reposter" if repost else "author")
        more: dict[str, object] = {"repost": repost}
        if rng.random() < 0.6:
            owner = account if rng.random() < 0.6 else rng.choice(self.accounts)
            if owner.names[0].since <= posted:
                more["owner"] = owner
                if owner.creator_id and owner is not account:
                    self._true(owner.creator_id, post_id, "found_in_feed")
                    self.made.foreign_in_feeds.add((owner.creator_id, self.platform, post_id))
        if rng.random() < 0.2:
            mentioned = rng.choice(self.accounts)
            if mentioned.names[0].since <= posted:
                name = mentioned.name(posted)
                if mentioned.names[0].handle != name and rng.random() < 0.1:
                    name = mentioned.names[0].handle  # who is meant has left that name: the link leads to another
                more["mentioned"] = (mentioned, name)
                if mentioned.creator_id and name == mentioned.name(posted):
                    # On X the row lists whom the text names; on LinkedIn the list is all there is.
                    self._true(mentioned.creator_id, post_id, "mentioned" if self.platform == "x" else "tagged")
        return number, account, posted, more

    def _true(self, creator_id: str, post_id: str, role: str) -> None:
        self.made.truth.add((creator_id, self.platform, post_id, role))

    def _id(self, number: int, posted: dt.datetime) -> str:
        epoch = X_EPOCH if self.platform == "x" else dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        return str((int((posted - epoch) / dt.timedelta(milliseconds=1)) << 22) | number % (1 << 22))

    def _row(
        self, number: int, account: Account, posted: dt.datetime, collected: dt.datetime, more: dict[str, object]
    ) -> bytes:
        name, post_id = account.name(collected), self._id(number, posted)
        owner, mentioned = more.get("owner"), more.get("mentioned")
        row: dict[str, object] = {
            "id": post_id,
            "date_posted": posted.isoformat().replace("+00:00", "Z"),
            "timestamp": collected.isoformat().replace("+00:00", "Z"),
        }
        if self.platform == "x":
            row |= {
                "url": f"https://x.com/{name}/status/{post_id}",
                "user_posted": name,
                "user_id": account.number if self.rng.random() < 0.8 else None,
                "is_repost": more["repost"],
                "description": f"a few words @{mentioned[1]}" if isinstance(mentioned, tuple) else "a few words",
                "tagged_users": [{"url": f"https://x.com/{mentioned[1]}"}] if isinstance(mentioned, tuple) else None,
            }
            if isinstance(owner, Account):
                row["discovery_input"] = {"url": f"https://x.com/{owner.name(collected)}"}
        else:
            keyless = self.rng.random() < 0.002
            row |= {
                "url": f"https://www.linkedin.com/posts/{name}_words-activity-{post_id}-xAa",
                "user_id": name,
                "use_url": None if keyless else _spelt(self.rng, account.section, name),
                "account_type": None if keyless else {"in": "Person", "company": "Organization"}[account.section],
                "post_text": "a few words",
                "post_type": "post",
                "repost": {"repost_id": str(int(post_id) - (1 << 30))} if more["repost"] else None,
            }
            if isinstance(owner, Account):
                row["discovery_input"] = {"url": _spelt(self.rng, owner.section, owner.name(collected))}
            if isinstance(mentioned, tuple):
                links = "tagged_people" if mentioned[0].section == "in" else "tagged_companies"
                row[links] = [{"link": _spelt(self.rng, mentioned[0].section, mentioned[1])}]
        return json.dumps(row).encode() + b"\n"
