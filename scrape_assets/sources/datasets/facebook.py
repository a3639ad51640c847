"""Posts of Facebook pages through the vendor: what to ask for a page, and how a row becomes a post. No HTTP.

Facts behind the rules were read off real rows; where a rule would surprise, the fact stands beside it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import parse_time, posting_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.dataset import MOST_OF_A_PROFILE, VendorDataset
from scrape_assets.sources.datasets.facebook_record import Attachment, Original, Record
from scrape_assets.sources.datasets.vendor_row import (
    collected,
    feed_key_of,
    identifier,
    input_url,
    refusal_of,
    untimed,
)
from scrape_assets.sources.mapping import Dataset, RequestInput, TimeWindow, american_date
from scrape_assets.sources.rows import RowReader, rejected

_READER = RowReader(Record, required=frozenset({"post_id", "timestamp"}))
_KINDS = {
    "reel": PostKind.REEL,
    "video": PostKind.VIDEO,
    "story": PostKind.STORY,
    "post shared": PostKind.REPOST,
}
_ON_SITE = re.compile(r"https?://(?:[\w-]+\.)?(?:facebook\.com|fb\.watch)/", re.ASCII | re.IGNORECASE)
# Not what follows /reel/: that number differs from the post's in every real row.
_POST_ID = re.compile(r"/(?:posts|permalink)/(?:[^/?#]*/)??(\d{5,25})(?=[/?#]|$)", re.ASCII)

_ABILITIES = Abilities(
    creators=True,
    events=False,
    creator_time=How.CHECKED,
    remark="The time range is honoured by whole days.",
)


@dataclass(frozen=True, kw_only=True)
class FacebookPosts(VendorDataset):
    """The vendor's dataset of the posts of Facebook pages and profiles, without a discovery stage; see `Dataset`.

    Without a limit, which the vendor knows for discovery only; it honours the window.
    """

    num_of_posts: int = MOST_OF_A_PROFILE
    """The most that is asked of one page: a guard of the purse, far above what a page posts in a window."""

    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for a page; see `Dataset`."""
        start, end = american_date(window.start), american_date(window.end)
        if start == end:  # "should be earlier", and a later end may lie in the future
            start = american_date(window.start - timedelta(days=1))
        dates = {"num_of_posts": self.num_of_posts, "start_date": start, "end_date": end}
        return RequestInput(None, {"url": profile.url, **dates})


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """One row of the dataset as a post, or the reason why it is none. Never raises; see `Mapping`."""
    row = _READER.read(line, last)
    if isinstance(row, Rejected):
        return row
    record, repairs = row
    # Neither `shortcode` nor the number in the address: both differ from dataset to dataset.
    post_id = identifier(record.post_id)
    refusal = refusal_of(record, post_id, repairs)
    if refusal is not None or post_id is None:
        return refusal or rejected(RejectReason.NO_ID, "the row has no id")
    return _post(record, post_id, repairs)


def _post(record: Record, post_id: str, repairs: list[str]) -> Post | Rejected:
    collected_at = collected(record)
    if isinstance(collected_at, Rejected):
        return collected_at
    stated = parse_time(record.date_posted)
    posted_at, _ = posting_time(stated, None, collected_at)
    if posted_at is None:
        return untimed(record, collected_at, "date_posted", record.date_posted, stated)

    author = _author(record)
    original = _original(record.original_post)
    likes, likes_note = _likes(record)
    comments, comments_note = count(record.num_comments, "comment_count")
    shares, shares_note = count(record.num_shares, "share_count")
    views, views_note = count(record.video_view_count, "view_count")
    repairs.extend(filter(None, (likes_note, comments_note, shares_note, views_note)))
    if views is None and record.play_count is not None:
        views, _ = count(record.play_count, "view_count")
    return new_post(
        platform=Platform.FACEBOOK.value,
        post_id=post_id,
        url=clean_text(record.url),
        kind=_kind(record, original).value,
        author_key=author.key,
        author_handle=author.handle,
        author_id=author.user_id,
        author_name=author.name,
        author_url=author.url,
        title=None,
        text=clean_text(record.content),
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags(record.hashtags),
        mentions=None,
        media=media_json(_media(record, repairs)),
        like_count=likes,
        comment_count=comments,
        share_count=shares,
        view_count=views,
        save_count=None,
        reposted_from=original.post_id if original else None,
        feed_key=feed_key_of(input_url(record), _profile),
        repairs=repairs or None,
    )


_profile = cached_profiles(Platform.FACEBOOK)


@lru_cache(maxsize=16_384)
def _named(handle: str | None) -> Profile | None:
    """The profile of that name. Cached like `_profile`."""
    name = handle.strip().lstrip("@") if handle else ""
    return _profile(f"https://www.facebook.com/{quote(name, safe='', errors='replace')}") if name else None


class _Author(NamedTuple):
    key: str | None
    handle: str | None
    user_id: str | None
    name: str | None
    url: str | None


def _author(record: Record) -> _Author:
    """Who wrote the post, by the row's own word: a page shows posts of others, its owner is never assumed.

    `profile_id` and `page_name` are of the profile that `profile_handle` names: no more than that handle are they
    believed to be the author's when `user_url` leads to another.
    """
    number = identifier(record.profile_id)
    described = _named(record.profile_handle)
    profile = _profile(record.user_url) or described
    if profile is None and number and number.isdecimal():
        profile = _profile(f"https://www.facebook.com/profile.php?id={number}")
    name = clean_text(record.user_username_raw)
    if profile is None:
        return _Author(None, clean_text(record.profile_handle), number, name or clean_text(record.page_name), None)
    if described is None or described.key == profile.key or profile.platform_user_id == number:
        name = name or clean_text(record.page_name)
    else:
        number = None
    return _Author(profile.key, profile.handle, profile.platform_user_id or number, name, profile.url)


class _Original(NamedTuple):
    post_id: str | None


def _original(given: Original | str | None) -> _Original | None:
    """The shared post; None when none was shared. Its id may be missing."""
    if isinstance(given, str):
        given = Original(url=given)
    if given is None:
        return None
    post_id = identifier(given.post_id) or identifier(given.id)
    if post_id is None and given.url and (in_url := _POST_ID.search(given.url)):
        post_id = in_url[1]
    return _Original(post_id) if post_id or given.url or given.content or given.user_url else None


def _kind(record: Record, original: _Original | None) -> PostKind:
    stated = (record.post_type or "").strip().casefold()
    if original is not None:
        return PostKind.REPOST
    if not stated:
        url = record.url or ""
        return PostKind.REEL if "/reel/" in url else PostKind.VIDEO if "/videos/" in url else PostKind.POST
    return _KINDS.get(stated, PostKind.POST)


def _likes(record: Record) -> tuple[int | None, str | None]:
    """All reactions: `likes` is their sum in every real row, `num_likes_type` only one kind of them."""
    likes, note = count(record.likes, "like_count")
    if likes is not None or not record.count_reactions_type:
        return likes, note
    each = [count(one.reaction_count, "like_count")[0] for one in record.count_reactions_type if one]
    known = [number for number in each if number is not None]
    return (sum(known), note) if known and len(known) == len(each) else (None, note)


def _media(record: Record, repairs: list[str]) -> Iterator[Medium | None]:
    for one in record.attachments or ():
        if isinstance(one, Attachment):
            yield _attached(one, repairs)
        else:
            yield medium("image", one)
    if not record.attachments:
        yield medium("image", record.post_image)
    if record.post_external_link:
        preview = record.post_external_image
        yield medium("link", record.post_external_link, preview_url=preview, alt=record.post_external_title)
    else:
        yield medium("image", record.post_external_image)


def _attached(one: Attachment, repairs: list[str]) -> Medium | None:
    stated = (one.type or "").casefold()
    if not one.video_url and "video" not in stated and "reel" not in stated:
        kind = "link" if "link" in stated or "share" in stated else "image"
        return medium(kind, one.url or one.attachment_url, preview_url=one.thumbnail_url)
    still = one.url if one.url and not _ON_SITE.match(one.url) else None
    milliseconds, note = count(one.video_length, "media.duration")
    if note:
        repairs.append(note)
    return medium(
        "video",
        one.video_url or one.attachment_url or one.url,
        preview_url=one.thumbnail_url or still,
        duration=milliseconds / 1000 if milliseconds else None,
    )


DATASETS: tuple[Dataset, ...] = (
    FacebookPosts(
        name="posts",
        platform=Platform.FACEBOOK,
        dataset_id="gd_lkaxegm826bjpoo9m5",
        abilities=_ABILITIES,
        map_line=map_line,
    ),
)
"""The vendor's datasets of Facebook, the default first."""
