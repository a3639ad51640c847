"""Who may be whom: authors whom nobody follows where they write against creators known elsewhere, and creators among
themselves. Suggests, and writes down what a person decides; nothing is matched before that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.targets.resemblance import Account, Likeness, Lookup, compare
from scrape_assets.ledger.writes import note_write
from scrape_assets.posts.identity import NotAProfile, Profile, ProfileKind, profile_key
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.storage import suggestions as kept
from scrape_assets.storage.creators import ProfileTaken, upsert_creator
from scrape_assets.storage.forgetting.facts import Forgotten
from scrape_assets.storage.suggestions import (
    Author,
    Kind,
    KnownCreator,
    NewSuggestion,
    Refreshed,
    Standing,
    Suggestion,
)

log = structlog.get_logger(__name__)

MOST_OF_ONE = 3  # accounts of a creator on one platform: who has more look-alikes has a common name
POSTS_READ = 20  # of a candidate, for addresses of the creator in them
ALIKE_AT_ALL = 0.2  # a score; below it posts are not read for addresses


class NoSuggestion(LookupError):
    """There is no suggestion of this number."""


class NotOpen(Exception):
    """It cannot be decided so; the message says why."""


@dataclass(frozen=True)
class _Pair:
    """A creator and somebody who looks alike."""

    creator: KnownCreator
    likeness: Likeness
    author: Author | None = None
    other: KnownCreator | None = None
    linked: bool = False

    def score(self, known: _Known) -> float:
        """With what is known of all others."""
        platform = self.author.platform if self.author else ""
        named = Account.of(self.creator.name, ()).name
        namesakes = known.names[f"{platform} {' '.join(named)}"]
        return self.likeness.score(
            namesakes=namesakes,
            by_chance=known.by_chance(named, namesakes),
            handles=max(
                known.handles[f"{platform} {self.likeness.same_handle}"], known.handles[f" {self.likeness.same_handle}"]
            ),
            linked=self.linked,
        )


class _Known:
    """How frequent names, their words and handles are: what many have says little."""

    def __init__(self, creators: Sequence[Account]) -> None:
        self.names = Counter(f" {' '.join(account.name)}" for account in creators)
        self.handles = Counter(f" {handle}" for account in creators for handle in account.handles)
        self._words: Counter[str] = Counter()
        self._authors = 0

    def add(self, platform: str, account: Account) -> None:
        """Count one who writes; of names and handles only those that creators have."""
        self._authors += 1
        self._words.update(account.name)
        name = " ".join(account.name)
        if f" {name}" in self.names:
            self.names[f"{platform} {name}"] += 1
        for handle in account.handles:
            if f" {handle}" in self.handles:
                self.handles[f"{platform} {handle}"] += 1

    def by_chance(self, name: tuple[str, ...], namesakes: int) -> float:
        """How many of those who write would bear a name if its words came together by chance, namesakes left out."""
        if len(name) < 2 or not self._authors:
            return 0.0
        shares = (max(0, self._words[word] - namesakes) / self._authors for word in name)
        return self._authors * math.prod(shares)


def refresh(ctx: FlowContext) -> Refreshed:
    """Let the open suggestions be what follows from everything that is known now. Idempotent.

    Who was forgotten is in no table, and is looked for by hash besides. What was decided is not suggested again.

    Raises:
        ForgottenKeyMissing: people were forgotten under another key than ours, and could be suggested again.
    """
    with ctx.engine.connect() as conn:
        creators = kept.known_creators(conn)
        found = find_alike(creators, kept.unfollowed_authors(conn), ctx.settings.suggest_from, conn)
    with ctx.engine.begin() as conn:
        said = kept.decided(conn)
        fresh = [one for one in found if not _names(one) & said]
        report = kept.renew(conn, _without_forgotten(ctx, conn, fresh), ctx.now())
    log.info("suggestions refreshed", new=report.new, changed=report.changed, withdrawn=report.withdrawn)
    return report


def find_alike(
    creators: Sequence[KnownCreator], authors: Iterable[Author], threshold: float, conn: Connection | None = None
) -> list[NewSuggestion]:
    """Everybody who looks like a creator, the likest first.

    Args:
        creators: with their names and profiles.
        authors: whom nobody follows; gone through once.
        threshold: the score from which on somebody is suggested.
        conn: to look into posts for addresses of the creators; without it nobody is known to link to anybody.
    """
    accounts = [Account.of(one.name, one.handles) for one in creators]
    lookup = Lookup(accounts)
    known = _Known(accounts)
    pairs: list[_Pair] = []
    for author in authors:
        account = Account.of(author.author_name, (author.author_handle or author.author_key,))
        known.add(author.platform, account)
        for number in lookup.near(account):
            creator = creators[number]
            if author.platform in creator.platforms:
                continue  # followed there already, by another account: this one only looks like them
            likeness = compare(accounts[number], account)
            if likeness.score() >= ALIKE_AT_ALL:
                pairs.append(_Pair(creator, likeness, author=author))
    pairs += _creators_alike(creators, accounts, lookup)
    pairs = [one for one in pairs if one.score(known) >= ALIKE_AT_ALL]
    if conn is not None:
        pairs = _with_links(conn, pairs)
    found = [_suggestion(one, score) for one in pairs if (score := one.score(known)) >= threshold]
    return _the_likest(found)


def _creators_alike(creators: Sequence[KnownCreator], accounts: Sequence[Account], lookup: Lookup) -> Iterator[_Pair]:
    for number, account in enumerate(accounts):
        for other in lookup.near(account):
            # Two accounts on one platform are rarely one person's.
            if other > number and not creators[number].platforms & creators[other].platforms:
                likeness = compare(account, accounts[other])
                if likeness.score() >= ALIKE_AT_ALL:
                    yield _Pair(creators[number], likeness, other=creators[other])


def _with_links(conn: Connection, pairs: Sequence[_Pair]) -> list[_Pair]:
    """The same, with what the authors' own posts link to."""
    authors = {one.author: None for one in pairs if one.author}
    said: dict[Author, str] = {}
    listed = list(authors)
    for first in range(0, len(listed), 2_000):
        some = listed[first : first + 2_000]
        said |= {some[place]: text.casefold() for place, text in kept.said_by(conn, some, POSTS_READ).items()}
    return [
        _Pair(one.creator, one.likeness, one.author, one.other, linked=True)
        if one.author and any(address in said.get(one.author, "") for address in map(_bare, one.creator.addresses))
        else one
        for one in pairs
    ]


def _bare(address: str) -> str:
    """An address as people write it in a text."""
    parts = urlsplit(address.casefold())
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"


def _suggestion(pair: _Pair, score: float) -> NewSuggestion:
    kind = Kind.PROFILE if pair.author else Kind.SAME_PERSON
    other_id = pair.other.creator_id if pair.other else None
    return NewSuggestion(kind, pair.creator.creator_id, score, tuple(_reasons(pair)), other_id, pair.author)


def _reasons(pair: _Pair) -> Iterator[str]:
    theirs = pair.author.author_name if pair.author else pair.other and pair.other.name
    if theirs and pair.likeness.name >= 1:
        yield f"the same name: {theirs}"
    elif theirs and pair.likeness.name >= 0.8:
        yield f"a similar name: {theirs} and {pair.creator.name}"
    elif theirs and pair.likeness.contradicts:
        yield f"another name, though: {theirs}, not {pair.creator.name}"
    handles = pair.author.author_handle or pair.author.author_key if pair.author else ", ".join(pair.other.handles)  # type: ignore[union-attr]
    if pair.likeness.handle >= 1:
        yield f"the same handle but for decoration: {handles}, as {pair.likeness.same_handle}"
    elif pair.likeness.handle >= 0.8:
        yield f"a similar handle: {handles}, like {pair.likeness.same_handle}"
    if pair.linked:
        yield "a post of theirs names the address of a profile of this creator"
    yield f"followed on {', '.join(sorted(pair.creator.platforms))}"


def _the_likest(found: list[NewSuggestion]) -> list[NewSuggestion]:
    found.sort(key=lambda one: (-one.score, one.creator_id, one.author.author_key if one.author else ""))
    taken: Counter[tuple[str, str]] = Counter()
    chosen = []
    for one in found:
        place = one.creator_id, one.author.platform if one.author else ""
        taken[place] += 1
        if taken[place] <= MOST_OF_ONE:
            chosen.append(one)
    return chosen


def _names(one: NewSuggestion) -> set[tuple[str, ...]]:
    """What a decision about it would be found by."""
    of = one.creator_id, str(one.kind), one.other_creator_id or ""
    if one.author is None:
        return {(*of, "", "")}
    by_id = {(*of, one.author.platform, f"id:{one.author.author_id}")} if one.author.author_id else set()
    return {(*of, one.author.platform, one.author.author_key)} | by_id


def _without_forgotten(ctx: FlowContext, conn: Connection, found: Sequence[NewSuggestion]) -> list[NewSuggestion]:
    """Those who were not forgotten. Whoever forgets somebody now waits, and then removes the suggestion as well."""
    known = {
        one.author.platform: Forgotten.known_to(conn, one.author.platform, ctx.pseudonyms)
        for one in found
        if one.author
    }
    return [
        one
        for one in found
        if not (
            one.author
            and (forgotten := known[one.author.platform])
            and forgotten.knows_account(one.author.author_key, one.author.author_id, one.author.author_handle)
        )
    ]


def accept(ctx: FlowContext, suggestion_id: int, *, by: str) -> Suggestion:
    """Do as it says: the profile becomes the creator's, or the other creator's profiles do.

    Matching takes it up by itself: the sensor changed_creators, or `scrape-assets rematch`.

    Raises:
        NoSuggestion: there is none of this number.
        NotOpen: it was rejected, or the profile is somebody's meanwhile.
    """
    with ctx.engine.begin() as conn:
        one = _open(conn, suggestion_id, Standing.ACCEPTED)
        if one.status is Standing.ACCEPTED:
            return one
        if one.kind is Kind.PROFILE:
            _follow(conn, one)
        else:
            kept.hand_over_profiles(conn, one.creator_id, str(one.other_creator_id))
        return _decide(conn, one, Standing.ACCEPTED, by, ctx.now())


def reject(ctx: FlowContext, suggestion_id: int, *, by: str) -> Suggestion:
    """Say that it is not so; it is not suggested again.

    Raises:
        NoSuggestion: there is none of this number.
        NotOpen: it was accepted.
    """
    with ctx.engine.begin() as conn:
        one = _open(conn, suggestion_id, Standing.REJECTED)
        return one if one.status is Standing.REJECTED else _decide(conn, one, Standing.REJECTED, by, ctx.now())


def _open(conn: Connection, suggestion_id: int, wanted: Standing) -> Suggestion:
    one = kept.get_suggestion(conn, suggestion_id, hold=True)
    if one is None:
        raise NoSuggestion(f"There is no suggestion {suggestion_id}")
    if one.status not in (Standing.OPEN, wanted):
        mend = (
            "import the profile instead" if one.status is Standing.REJECTED else "end the profile with valid_to instead"
        )
        raise NotOpen(f"suggestion {suggestion_id} is {one.status} by {one.decided_by}; if that was wrong, {mend}")
    return one


def _decide(conn: Connection, one: Suggestion, status: Standing, by: str, now: datetime) -> Suggestion:
    kept.decide(conn, one.suggestion_id, status, by=by, now=now)
    note_write(conn, by, "suggestion", [str(one.suggestion_id)], {"status": status, "creator_id": one.creator_id})
    decided = kept.get_suggestion(conn, one.suggestion_id)
    assert decided  # noqa: S101 - it is held
    return decided


def _follow(conn: Connection, one: Suggestion) -> None:
    author = Author(one.platform, one.author_key, one.author_id, one.author_handle, one.author_name, one.author_url)
    try:
        upsert_creator(conn, one.creator_id, one.creator_name, _profile(author))
    except ProfileTaken as error:
        raise NotOpen(f"{error}; reject the suggestion, or end that profile with valid_to") from None
    kept.hold_from_first_post(conn, one.creator_id, author)


def _profile(author: Author) -> Profile:
    """The author's profile under the key by which their posts are known."""
    for pasted in (author.author_url, author.author_handle, author.author_key):
        try:
            read = profile_key(author.platform, pasted or "")
        except NotAProfile:
            continue
        if read.key == author.author_key:
            return read
    url = author.author_url or author.author_key
    return Profile(
        parse_platform(author.platform),
        author.author_key,
        url,
        author.author_handle,
        ProfileKind.ACCOUNT,
        author.author_id,
    )
