"""How a post or a comment of Lemmy becomes a post, as both versions of its API give them. No calls."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import is_plausible, parse_time
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.mending import MendingReader
from scrape_assets.sources.rows import rejected

_Number = int | float | str | None
_MEDIA = {"image": "image", "video": "video", "audio": "audio"}
_ENDINGS = (
    (re.compile(r"\.(?:avif|gif|jpe?g|png|webp)$", re.IGNORECASE), "image"),
    (re.compile(r"\.(?:m4v|mov|mp4|webm)$", re.IGNORECASE), "video"),
    (re.compile(r"\.(?:flac|m4a|mp3|ogg|opus|wav)$", re.IGNORECASE), "audio"),
)


class LemmyPost(msgspec.Struct, gc=False):
    """A post; its text is Markdown. Version 4 counts here, and names times otherwise."""

    ap_id: str | None = None
    name: str | None = None
    body: str | None = None
    url: str | None = None
    url_content_type: str | None = None
    thumbnail_url: str | None = None
    embed_video_url: str | None = None
    alt_text: str | None = None
    published: str | None = None
    published_at: str | None = None
    upvotes: _Number = None
    comments: _Number = None


class Comment(msgspec.Struct, gc=False):
    """A comment. Its path holds the server's numbers of those it stands under, from 0, and ends in its own."""

    ap_id: str | None = None
    content: str | None = None
    path: str | None = None
    published: str | None = None
    published_at: str | None = None
    upvotes: _Number = None
    child_count: _Number = None


class Person(msgspec.Struct, gc=False):
    """An author, of this server or of another, perhaps of other software."""

    name: str | None = None
    display_name: str | None = None
    actor_id: str | None = None
    ap_id: str | None = None


class Counts(msgspec.Struct, gc=False):
    """What version 3 counts."""

    upvotes: _Number = None
    comments: _Number = None
    child_count: _Number = None


class ImageDetails(msgspec.Struct, gc=False):
    """The size of the image that a post shows, as its address has it."""

    link: str | None = None
    width: int | None = None
    height: int | None = None


class View(msgspec.Struct, gc=False):
    """A post with what belongs to it; with a comment, that comment, and the post that it stands under."""

    post: LemmyPost | None = None
    comment: Comment | None = None
    creator: Person | None = None
    counts: Counts | None = None
    image_details: ImageDetails | None = None


_READER = MendingReader(View)
_NO_COUNTS = Counts()


def _post(item: Item[View]) -> Post | Rejected:
    view, repairs = item.record, item.repairs
    post, comment = view.post, view.comment
    written = comment or post
    post_id = clean_text(written.ap_id) if written else None
    if written is None or post_id is None:
        return rejected(RejectReason.NO_ID, "neither a post nor a comment with an ap_id", input_url=item.feed_key)
    stated = written.published or written.published_at
    posted_at = parse_time(stated)  # servers before 0.19.4 leave the zone out; it is UTC
    if posted_at is None or not is_plausible(posted_at, item.collected_at):
        reason = RejectReason.NO_TIME if posted_at is None else RejectReason.IMPLAUSIBLE_TIME
        return rejected(reason, f"{post_id}: published: {stated}", input_url=item.feed_key)
    counted = view.counts or _NO_COUNTS
    if comment:
        answers, upvotes = comment.child_count, comment.upvotes
        answers = counted.child_count if answers is None else answers
    else:
        answers, upvotes = (post.comments, post.upvotes) if post else (None, None)
        answers = counted.comments if answers is None else answers
    likes, likes_note = count(counted.upvotes if upvotes is None else upvotes, "like_count")
    comments, comments_note = count(answers, "comment_count")
    repairs.extend(filter(None, (likes_note, comments_note)))
    person = view.creator or Person()
    address = clean_text(person.actor_id or person.ap_id)
    author, author_url = _author(address, person.name)
    return new_post(
        platform=Platform.LEMMY.value,
        post_id=post_id,
        url=post_id,
        kind=PostKind.COMMENT.value if comment else PostKind.POST.value,
        author_key=author.key if author else None,
        author_handle=author.handle if author else clean_text(person.name),
        author_id=address,
        author_name=clean_text(person.display_name) or clean_text(person.name),
        author_url=author_url,
        title=clean_text(post.name) if post and not comment else None,
        text=clean_text(comment.content) if comment else clean_text(post.body) if post else None,
        posted_at=posted_at,
        collected_at=item.collected_at,
        hashtags=None,
        mentions=None,
        media=_media(post, view.image_details) if post and not comment else None,
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key=item.feed_key,
        repairs=repairs or None,
        reply_to=clean_text(post.ap_id) if comment and post and _is_first_level(comment) else None,
    )


def _is_first_level(comment: Comment) -> bool:
    """Whether it answers the post. Of the comment that any other answers, only this server's number is said."""
    return (comment.path or "").count(".") == 1


@lru_cache(maxsize=16_384)
def _author(address: str | None, name: str | None) -> tuple[Profile | None, str | None]:
    """Who wrote it, and where they are found. People of other software have other addresses, and a key all the same."""
    profile = _profile(address)
    if address is None or profile:
        return profile, profile.url if profile else None
    try:
        host = urlsplit(address).netloc
    except ValueError:
        return None, address
    return _profile(f"https://{host}/u/{name}") if host and name else None, address


def _profile(address: str | None) -> Profile | None:
    if not address:
        return None
    try:
        return profile_key(Platform.LEMMY, address)
    except NotAProfile:
        return None


def _media(post: LemmyPost, size: ImageDetails | None) -> bytes | None:
    if not post.url and not post.thumbnail_url and not post.embed_video_url:
        return None
    kind = _kind_of(post.url, post.url_content_type) if post.url else "link"
    fits = size if size and kind == "image" and size.link == post.url else None
    shown: list[Medium | None] = [
        medium(
            kind,
            post.url,
            preview_url=post.thumbnail_url,
            width=fits.width if fits else None,
            height=fits.height if fits else None,
            alt=post.alt_text,
        )
    ]
    if not post.url:
        shown.append(medium("image", post.thumbnail_url, alt=post.alt_text))
    shown.append(medium("video", post.embed_video_url))
    return media_json(shown)


def _kind_of(url: str, content_type: str | None) -> str:
    """What a post links to: by the type that the server found, or by the ending of the address."""
    if content_type:
        return _MEDIA.get(content_type.partition("/")[0].strip().lower(), "link")
    path = url.partition("?")[0]
    return next((kind for ending, kind in _ENDINGS if ending.search(path)), "link")


MAPPING = item_mapping(Platform.LEMMY, _READER, _post)
"""How posts and comments are read."""
