"""LinkedIn posts through the vendor: what to ask for a profile, and how a row becomes a post. No HTTP.

Facts behind the rules were read off real rows; where a rule would surprise, the fact stands beside it.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import Medium, media_json
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.text import clean_text, text_of_html
from scrape_assets.posts.times import LINKEDIN_LAUNCH, linkedin_id_time, parse_time, posting_time
from scrape_assets.sources.abilities import Abilities
from scrape_assets.sources.datasets.dataset import VendorDataset
from scrape_assets.sources.datasets.linkedin_record import Link, Links, Record
from scrape_assets.sources.datasets.vendor_row import (
    collected,
    discovered_by,
    feed_key_of,
    identifier,
    refusal_of,
    shown,
    untimed,
)
from scrape_assets.sources.mapping import Dataset, RequestInput, TimeWindow, iso_milliseconds
from scrape_assets.sources.rows import RowReader, rejected

_READER = RowReader(Record, required=frozenset({"id", "timestamp"}))
_PLATFORM = Platform.LINKEDIN.value
_ACCOUNT_SECTIONS = {"person": "in", "organization": "company"}
_KINDS = {"article": PostKind.ARTICLE, "video": PostKind.VIDEO}
_HEADLINE_NAME = re.compile(r"(.{1,100}?)(?:['\u2019]s|(?<=s)['\u2019]) Post")
_LONGEST_NAME = 100

_ABILITIES = Abilities(
    creators=True,
    events=False,
    remark="The time range is honoured for companies; a person's feed is limited by number of posts.",
)


class LinkedInPosts(VendorDataset):
    """The vendor's dataset of LinkedIn posts, discovered by profile or by company; see `Dataset`."""

    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for a profile; see `Dataset`."""
        if profile.kind is ProfileKind.PERSON:
            # Dated jobs by profile_url were answered with dead_page, so a person's feed is limited by number.
            return RequestInput("profile_url", {"url": profile.url})
        dates = {"start_date": iso_milliseconds(window.start), "end_date": iso_milliseconds(window.end)}
        return RequestInput("company_url", {"url": profile.url, **dates})

    def limit_per_input(self, discover_by: str | None, posts_per_profile: int) -> int | None:
        """A number for people, whose window the vendor does not honour; none for companies; see `Dataset`."""
        return posts_per_profile if discover_by == "profile_url" else None


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """One row of the dataset as a post, or the reason why it is none. Never raises; see `Mapping`."""
    row = _READER.read(line, last)
    if isinstance(row, Rejected):
        return row
    record, repairs = row
    post_id = identifier(record.id)
    refusal = refusal_of(record, post_id, repairs)
    if refusal is not None or post_id is None:
        return refusal or rejected(RejectReason.NO_ID, "the row has no id")
    return _post(record, post_id, repairs)


def _post(record: Record, post_id: str, repairs: list[str]) -> Post | Rejected:
    collected_at = collected(record)
    if isinstance(collected_at, Rejected):
        return collected_at
    stated, in_id = parse_time(record.date_posted), linkedin_id_time(post_id)
    posted_at, correction = posting_time(stated, in_id, collected_at, LINKEDIN_LAUNCH)
    if posted_at is None:
        return untimed(record, collected_at, "date_posted", record.date_posted, stated, in_id)
    if stated is None and record.date_posted:
        repairs.append(f"date_posted: {shown(record.date_posted)} is no time")

    author = _author(record)
    kind = _kind(record, post_id)
    tagged = _tagged(record)
    likes, likes_note = count(record.num_likes, "like_count")
    comments, comments_note = count(record.num_comments, "comment_count")
    repairs.extend(filter(None, (correction, likes_note, comments_note)))
    return new_post(
        platform=_PLATFORM,
        post_id=post_id,
        url=clean_text(record.url),
        kind=str(kind),
        author_key=author.key,
        author_handle=author.handle,
        author_id=author.user_id,
        author_name=clean_text(record.user_name) or _evident_name(record, kind),
        author_url=author.url,
        # The title of a post is made for search engines, out of the author's name and the text.
        title=clean_text(record.title) if kind is PostKind.ARTICLE else None,
        text=clean_text(record.post_text) or text_of_html(record.original_post_text),
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=_hashtags(record.hashtags),
        mentions=tagged,
        media=_media(record),
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=identifier(record.repost.repost_id) if record.repost else None,
        feed_key=feed_key_of(discovered_by(record), _profile),
        repairs=repairs or None,
        tagged=tagged,
    )


_profile = cached_profiles(Platform.LINKEDIN)


class _Author(NamedTuple):
    key: str | None
    handle: str | None
    user_id: str | None
    url: str | None


def _author(record: Record) -> _Author:
    """Who wrote the post, by the row's own word: a feed holds posts of others, its owner is never assumed."""
    profile = _profile(record.use_url)
    if profile is None:
        user = identifier(record.user_id)
        section = _ACCOUNT_SECTIONS.get((record.account_type or "").casefold())
        if user and section:
            profile = _profile(f"https://www.linkedin.com/{section}/{quote(user, safe='%')}")
        if profile is None:
            return _Author(None, user, None, None)
    return _Author(profile.key, profile.handle, profile.platform_user_id, profile.url)


def _kind(record: Record, post_id: str) -> PostKind:
    stated = (record.post_type or "").casefold()
    original = record.repost
    # Rows of shared posts say post_type "post"; only the repost object, empty in all others, tells.
    if stated == "repost" or (original and (original.repost_id or original.repost_url)):
        return PostKind.REPOST
    if not stated and (not post_id.isdecimal() or "/pulse/" in (record.url or "")):
        return PostKind.ARTICLE
    return _KINDS.get(stated, PostKind.POST)


def _evident_name(record: Record, kind: PostKind) -> str | None:
    """The author's name out of "Jane Doe on LinkedIn: …" and "Jane Doe's Post", when nothing contradicts."""
    if kind is PostKind.ARTICLE:  # its title and headline are the author's own words
        return None
    title, headline = record.title or "", record.headline or ""
    if title.endswith(" activity on LinkedIn"):  # it names the author among other words
        title = ""
    in_title, in_headline = _name_in_title(title), _name_in_headline(headline)
    if (title and not in_title) or (headline and not in_headline):
        return None
    if in_title and in_headline and in_title != in_headline:
        return None
    return clean_text(in_title or in_headline)


def _name_in_title(title: str) -> str | None:
    """The name in "Jane Doe posted on LinkedIn" and "Jane Doe on LinkedIn: …"."""
    name, found, rest = title.partition(" on LinkedIn")
    if not found or (rest and rest[0] != ":"):
        return None
    name = name.removesuffix(" posted")
    return name if len(name) <= _LONGEST_NAME else None


@lru_cache(maxsize=16_384)
def _name_in_headline(headline: str) -> str | None:
    """The name in "Jane Doe's Post". Cached: the posts of one author have one headline."""
    found = _HEADLINE_NAME.fullmatch(headline)
    return found[1] if found else None


def _hashtags(given: list[str | None] | None) -> list[str] | None:
    if not given:
        return None
    tags = [_hashtag(tag) for tag in given if tag]
    return [tag for tag in tags if tag] or None


@lru_cache(maxsize=16_384)
def _hashtag(given: str) -> str | None:
    """A tag without its sign. Cached: the posts of one author have much the same tags."""
    return clean_text(given.strip().lstrip("#"))


def _tagged(record: Record) -> list[str] | None:
    """Everybody whom the post mentions: on LinkedIn that is a link to a profile, and the row lists them."""
    keys: dict[str, None] = {}  # in their order, each once
    for links in (record.tagged_people, record.tagged_companies):
        for url in _urls(links) if links else ():
            profile = _profile(url)
            if profile:
                keys[profile.key] = None
    return list(keys) or None


def _media(record: Record) -> bytes | None:
    media: list[Medium] = []
    for kind, links in (("image", record.images), ("video", record.videos), ("document", record.document_cover_image)):
        if links:
            media += [{"type": kind, "url": url} for url in _urls(links)]
    return media_json(media)


def _urls(links: Links) -> list[str]:
    urls = []
    for link in links if isinstance(links, list) else [links]:
        url = clean_text(link.url or link.link if isinstance(link, Link) else link)
        if url:
            urls.append(url)
    return urls


DATASETS: tuple[Dataset, ...] = (
    LinkedInPosts(
        name="posts",
        platform=Platform.LINKEDIN,
        dataset_id="gd_lyy3tktm25m4avu764",
        abilities=_ABILITIES,
        map_line=map_line,
        version=2,  # says who is tagged
    ),
)
"""The vendor's datasets of LinkedIn, the default first."""
