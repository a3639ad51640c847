"""The calls of Instagram's API: an account's media, a hashtag's number, a hashtag's media. No order of pages."""

from urllib.parse import quote
from weakref import WeakSet

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Rejected
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.datasets.vendor_row import Text, identifier
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.instagram_answer import (
    DISCOVERIES,
    LISTINGS,
    OWNERS,
    Listing,
    NoSuchField,
    Owner,
    judge_instagram,
    read_frame,
)
from scrape_assets.sources.direct.pieces import objects
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.redaction import HIDDEN
from scrape_assets.sources.rows import RowReader

TOKEN, USER = "INSTAGRAM_ACCESS_TOKEN", "INSTAGRAM_USER_ID"

_VERSION = "/v25.0"
_PAGE_SIZE = 50
# What the documentation of each call names; an unknown field fails the whole call.
_FIELDS = "id,caption,media_type,media_url,permalink,timestamp,like_count,comments_count,children{media_type,media_url}"
# Fields of media that other users of the call have read, and its documentation does not name.
_MORE_FIELDS = "media_product_type,thumbnail_url,view_count"

_plain: WeakSet[Api] = WeakSet()
"""Collections whose API has refused `_MORE_FIELDS`: it is not asked for them again."""


def account_media(api: Api, name: str, after: str | None) -> tuple[Owner, Listing]:
    """A page of an account's media, newest first.

    Raises:
        SourceError: not_found when there is no such professional account; the others as they come.
    """
    try:
        found = _ask_about(api, name, after, _FIELDS if api in _plain else f"{_FIELDS},{_MORE_FIELDS}")
    except NoSuchField:
        if api in _plain:
            raise
        _plain.add(api)
        found = _ask_about(api, name, after, _FIELDS)
    if not found.startswith(b"{"):
        why = f"Instagram gives nothing of {name}: no professional account, or one with a limit of age"
        raise SourceError(ErrorClass.NOT_FOUND, why, status_code=200)
    owner = OWNERS.decode(found)
    media = bytes(owner.media)
    try:
        listing = LISTINGS.decode(media) if media not in (b"", b"null") else Listing()
    except (ValueError, RecursionError) as error:
        raise SourceError(ErrorClass.BAD_DATA, f"Instagram gave no list of the media of {name}: {error}") from error
    return owner, listing


def _ask_about(api: Api, name: str, after: str | None, fields: str) -> bytes:
    place = f".after({after})" if after else ""
    media = f"media.limit({_PAGE_SIZE}){place}{{{fields}}}"
    params = {"fields": f"business_discovery.username({name}){{id,username,name,{media}}}"}
    path = f"{_VERSION}/{quote(api.needed_key(USER), safe='')}"

    def judge(answer: Answer) -> SourceError:
        return judge_instagram(answer, [api.needed_key(TOKEN)])

    frame = read_frame(DISCOVERIES, api.get(path, params, headers=_headers(api), judge=judge), judge)
    return bytes(frame.business_discovery)


def _headers(api: Api) -> dict[str, str]:
    # Never in the query: addresses end up in logs.
    return {"authorization": f"Bearer {api.needed_key(TOKEN)}"}


def item(api: Api, media: bytes, author: bytes = b"null") -> bytes:
    """The item of one medium: whose it is stands elsewhere in the answer, or nowhere."""
    # Lists within a medium may have addresses of their next page, with the token in them.
    clean = media.replace(api.needed_key(TOKEN).encode(), HIDDEN.encode())
    return b'{"author":%b,"media":%b}' % (author, clean)


class _Hashtag(msgspec.Struct):
    id: Text = None


_HASHTAGS = RowReader(_Hashtag)


def number_of(api: Api, hashtag: str) -> str | None:
    """The number of a hashtag; None when nobody has ever used it."""
    params = {"user_id": api.needed_key(USER), "q": hashtag}
    try:
        listing = _list(api, "/ig_hashtag_search", params, "hashtag")
    except SourceError as error:
        if error.error_class is ErrorClass.NOT_FOUND:
            return None
        raise
    for piece in objects(listing.data):
        row = _HASHTAGS.read(piece, False)
        found = None if isinstance(row, Rejected) else identifier(row.record.id)
        if found:
            return found
    return None


def recent_media(api: Api, number: str, after: str | None) -> Listing:
    """A page of what was posted with a hashtag in the last 24 hours, newest first as a rule."""
    params = {"user_id": api.needed_key(USER), "fields": _FIELDS, "limit": str(_PAGE_SIZE)}
    return _list(api, f"/{quote(number, safe='')}/recent_media", params | ({"after": after} if after else {}))


def _list(api: Api, path: str, params: dict[str, str], operation: str = "page") -> Listing:
    def judge(answer: Answer) -> SourceError:
        return judge_instagram(answer, [api.needed_key(TOKEN)], hashtag=True)

    answer = api.get(_VERSION + path, params, headers=_headers(api), operation=operation, judge=judge)
    return read_frame(LISTINGS, answer, judge)
