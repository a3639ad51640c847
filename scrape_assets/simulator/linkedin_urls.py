"""The ids and URLs of LinkedIn posts, articles, hashtags and media, as the vendor writes them."""

from html import escape
from typing import Any
from urllib.parse import quote

from scrape_assets.simulator.feeds import PostRef
from scrape_assets.simulator.words import HASHTAG_PATHS, SLUG_WORDS, TITLES


def is_article(ref: PostRef) -> bool:
    """Whether the post is a long article, which has a slug and no number."""
    return (ref.luck >> 100) % 100 < (10 if ref.author.is_person else 3)


def post_url(ref: PostRef) -> str:
    """The URL of a post (an article's is made by `article_slug`)."""
    words = SLUG_WORDS[(ref.luck >> 40) % len(SLUG_WORDS)]
    tail = f"{(ref.luck >> 60) & 0xFFFF:04x}"
    return (
        f"https://{ref.author.host}.linkedin.com/posts/{ref.author.user_id}_{words}-activity-{ref.activity_id}-{tail}"
    )


def article_slug(ref: PostRef) -> str:
    """The id of an article: the last part of its URL, percent-encoded."""
    title = TITLES[(ref.luck >> 80) % len(TITLES)].lower().replace("\u2019", "").rstrip("?").replace(",", "")
    return f"{quote(title.replace(' ', '-'))}-{ref.author.user_id}-{ref.luck & 0xFFFFFF:06x}"


def article_url(ref: PostRef) -> str:
    """The URL of an article."""
    return f"https://{ref.author.host}.linkedin.com/pulse/{article_slug(ref)}"


def discovered_url(ref: PostRef, row: dict[str, Any], *, article: bool) -> str:
    """The URL under which a discovery found the post of this row: it becomes the row's `input`."""
    if article:
        return f"{article_url(ref)}?trk=public_profile_article_view"
    known: str | None = row.get("url")
    return known or post_url(ref)


def media_url(ref: PostRef, kind: str) -> str:
    """The signed URL of a picture or a video."""
    token = f"{(ref.luck >> 130) & 0xFFFFFFFFFFFFFFFF:016x}"
    return f"https://media.licdn.com/dms/image/v2/D4D{token}/{kind}/0/{ref.posted_ms}?e=2147483647&v=beta&t={token}"


def hashtag_link(tag: str) -> str:
    """A hashtag in HTML."""
    word = HASHTAG_PATHS[tag[1:]]
    return f'<a class="link" href="https://www.linkedin.com/feed/hashtag/{word}" target="_self">{tag}</a>'


def mention_link(tag: dict[str, str]) -> str:
    """A tagged profile in HTML."""
    return f'<a class="link" href="{tag["link"]}" target="_blank" rel="noopener">{escape(tag["name"])}</a>'
