"""A person's word on a suggestion: the account or the other creator's profiles become the creator's, or never."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.writes import note_write
from scrape_assets.posts.identity import NotAProfile, Profile, ProfileKind, profile_key
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.storage import suggestions as kept
from scrape_assets.storage.creators import ProfileTaken, upsert_creator
from scrape_assets.storage.suggestions import Author, Kind, Standing, Suggestion


class NoSuggestion(LookupError):
    """There is no suggestion of this number."""


class NotOpen(Exception):
    """It cannot be decided so; the message says why."""


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
