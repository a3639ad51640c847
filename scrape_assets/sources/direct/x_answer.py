"""X's answers: the posts of a page, each with what the answer says of it elsewhere, and what X says went wrong."""

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Rejected
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.datasets.vendor_row import Text, identifier
from scrape_assets.sources.direct.api import judge_status
from scrape_assets.sources.direct.pieces import ABSENT, objects
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.redaction import excerpt
from scrape_assets.sources.rows import RowReader


class Meta(msgspec.Struct):
    """What X says of a page."""

    next_token: str | None = None


class XAnswer(msgspec.Struct):
    """The frame of an answer. A search without finds has `meta` alone; a part of it may be `errors` only."""

    data: msgspec.Raw = ABSENT
    includes: msgspec.Raw = ABSENT
    errors: msgspec.Raw = ABSENT
    meta: Meta | None = None


ANSWERS = msgspec.json.Decoder(XAnswer)


class _Includes(msgspec.Struct):
    users: msgspec.Raw = ABSENT
    tweets: msgspec.Raw = ABSENT
    posts: msgspec.Raw = ABSENT  # what "tweets" are to be called
    media: msgspec.Raw = ABSENT
    places: msgspec.Raw = ABSENT


class _Named(msgspec.Struct, gc=False):
    id: Text = None
    media_key: Text = None


class _Reference(msgspec.Struct, gc=False):
    id: Text = None


class _Attachments(msgspec.Struct, gc=False):
    media_keys: list[Text] | None = None


class _Geo(msgspec.Struct, gc=False):
    place_id: Text = None


class Referring(msgspec.Struct, gc=False):
    """Where a post refers to what stands elsewhere in its answer."""

    id: Text = None
    created_at: str | None = None
    author_id: Text = None
    in_reply_to_user_id: Text = None
    attachments: _Attachments | None = None
    geo: _Geo | None = None
    referenced_tweets: list[_Reference] | None = None
    referenced_posts: list[_Reference] | None = None


_INCLUDES = msgspec.json.Decoder(_Includes)
_NAMED = msgspec.json.Decoder(_Named)
_REFERRING = RowReader(Referring)


class XItems:
    """Turns the posts of one page into items: `{"post": …, "includes": {…}}` with what this post refers to alone."""

    def __init__(self, answer: XAnswer) -> None:
        try:
            given = _INCLUDES.decode(answer.includes)
        except (ValueError, RecursionError):
            given = _Includes()
        self._users = _by_key(objects(given.users))
        self._posts = _by_key(chain(objects(given.tweets), objects(given.posts)))
        self._media = _by_key(objects(given.media))
        self._places = _by_key(objects(given.places))

    def item(self, post: bytes, refers: Referring) -> bytes:
        """The item of one post."""
        others = {key: self._posts[key] for key in _referenced(refers) if key in self._posts}
        all_refer = [refers, *map(referring, others.values())]
        groups = (
            (b"users", _picked(self._users, (key for one in all_refer for key in _people(one)))),
            (b"tweets", list(others.values())),
            (b"media", _picked(self._media, (key for one in all_refer for key in _media_keys(one)))),
            (b"places", _picked(self._places, (one.geo.place_id for one in all_refer if one.geo))),
        )
        includes = b",".join(b'"%b":[%b]' % (name, b",".join(pieces)) for name, pieces in groups if pieces)
        return b'{"post":%b,"includes":{%b}}' % (post, includes)


def referring(post: bytes) -> Referring:
    """Where a post refers to other things; of a broken one as much as can be read."""
    row = _REFERRING.read(post, False)
    return Referring() if isinstance(row, Rejected) else row.record


def _by_key(pieces: Iterable[bytes]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for piece in pieces:
        try:
            named = _NAMED.decode(piece)
        except (ValueError, RecursionError):
            continue
        key = identifier(named.media_key) or identifier(named.id)
        if key:
            found.setdefault(key, piece)
    return found


def _picked(known: dict[str, bytes], keys: Iterable[Text]) -> list[bytes]:
    wanted = dict.fromkeys(map(identifier, keys))
    return [known[key] for key in wanted if key in known]


def _people(post: Referring) -> Iterator[Text]:
    yield post.author_id
    yield post.in_reply_to_user_id


def _media_keys(post: Referring) -> Iterable[Text]:
    return (post.attachments.media_keys if post.attachments else None) or ()


def _referenced(post: Referring) -> Iterator[str]:
    for other in post.referenced_tweets or post.referenced_posts or ():
        key = identifier(other.id)
        if key:
            yield key


class _Problem(msgspec.Struct):
    title: str | None = None
    detail: str | None = None
    message: str | None = None
    type: str | None = None
    reason: str | None = None
    errors: msgspec.Raw = ABSENT

    @property
    def said(self) -> str:
        return self.detail or self.message or self.title or ""


_PROBLEMS = RowReader(_Problem)


def problems(given: msgspec.Raw) -> str:
    """What X says went wrong with a part of the answer, in its words; "" when nothing did."""
    return excerpt("; ".join(dict.fromkeys(_problem(piece).said for piece in objects(given))))


def _problem(body: bytes) -> _Problem:
    row = _PROBLEMS.read(body, False)
    return _Problem() if isinstance(row, Rejected) else row.record


_SPENT = ("usage-capped", "usagecapexceeded", "creditsdepleted", "/credits", "spend")


def judge_x(answer: Answer) -> SourceError:
    """What an answer outside 2xx means. A 429 may say that the credit is spent: no wait helps against that."""
    problem = _problem(answer.body)
    kind = f"{problem.type} {problem.title} {problem.reason}".lower()
    said = problems(problem.errors) or excerpt(problem.said)
    message = f"HTTP {answer.status_code}{said and f': {said}'}"
    if answer.status_code == 402 or (answer.status_code in (403, 429) and any(word in kind for word in _SPENT)):
        return SourceError(
            ErrorClass.PAYMENT, f"{message} (the credit with X is spent)", status_code=answer.status_code
        )
    if answer.status_code == 401:
        return KeyRefused(message, status_code=401)
    return judge_status(answer)
