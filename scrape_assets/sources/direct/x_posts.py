"""How an item of X's API becomes a post. No HTTP.

Both namings are read: X is renaming tweets to posts, and retweets to reposts.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import media_json
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import X_LAUNCH, parse_time, posting_time, x_id_time
from scrape_assets.sources.datasets.vendor_row import identifier, shown
from scrape_assets.sources.direct.envelope import Item, ItemReader, item_mapping
from scrape_assets.sources.direct.x_content import attached, coordinates, links, whole_text
from scrape_assets.sources.direct.x_record import Bag, Entities, Includes, Metrics, Tweet
from scrape_assets.sources.rows import RowReader, rejected

_ITEMS = ItemReader(Bag)
_TWEETS = RowReader(Tweet, required=frozenset({"id"}))
_INCLUDES = RowReader(Includes)
_POST_ID = re.compile(r"\d{1,20}", re.ASCII)
# X's codes for texts without words: undetermined, none, and its own for mere links, names, tags.
_NO_LANGUAGE = re.compile(r"und|zxx|art|q[a-z]{2}")


def _mapped(item: Item[Bag]) -> Post | Rejected:
    row = _TWEETS.read(bytes(item.record.post), False)
    if isinstance(row, Rejected):
        return row
    tweet, repairs = row
    repairs = [*item.repairs, *repairs]
    post_id = identifier(tweet.id)
    if not post_id or not _POST_ID.fullmatch(post_id):
        return rejected(RejectReason.NO_ID, f"id: {shown(tweet.id)} is no id of a post")
    stated, in_id = parse_time(tweet.created_at), x_id_time(post_id)
    posted_at, correction = posting_time(stated, in_id, item.collected_at, X_LAUNCH)
    if posted_at is None:
        reason = RejectReason.IMPLAUSIBLE_TIME if stated or in_id else RejectReason.NO_TIME
        given = f"created_at: {shown(tweet.created_at)}; time in id: {in_id or 'none'}"
        return rejected(reason, f"{given}; collected {item.collected_at}")
    if stated is None and tweet.created_at:
        repairs.append(f"created_at: {shown(tweet.created_at)} is no time")
    if correction:
        repairs.append(correction)

    includes = _includes(item.record.includes, repairs)
    relations = _relations(tweet)
    # A repost's own text is cut off, and what is in it with it; the original has both whole.
    said = (relations.reposts and _original(includes, relations.reposts)) or tweet
    user_id = identifier(tweet.author_id)
    profile, name = _author(user_id, includes)
    # Nobody can like or answer a repost: its zeros mean nothing, and its one other count is the original's.
    counts = _counts(None if relations.reposts else tweet.public_metrics, repairs)
    text, entities = whole_text(said)
    media = (*attached(said, includes), *links(entities, (post_id, relations.reposts, _relations(said).quotes)))
    latitude, longitude = coordinates(tweet.geo, includes)
    return new_post(
        platform=Platform.X.value,
        post_id=post_id,
        url=f"https://x.com/{(profile and profile.handle) or 'i'}/status/{post_id}",
        kind=_kind(tweet, relations).value,
        author_key=profile.key if profile else None,
        author_handle=profile.handle if profile else None,
        author_id=user_id,
        author_name=name,
        author_url=profile.url if profile else None,
        title=None,
        text=text,
        posted_at=posted_at,
        collected_at=item.collected_at,
        hashtags=hashtags(tag.tag for tag in entities.hashtags) if entities.hashtags else None,
        mentions=_mentions(entities),
        media=media_json(media),
        like_count=counts.likes,
        comment_count=counts.replies,
        share_count=counts.reposts,
        view_count=counts.views,
        save_count=counts.bookmarks,
        reposted_from=relations.reposts,
        feed_key=item.feed_key,
        repairs=repairs or None,
        language=_language(tweet.lang),
        reply_to=relations.answers,
        quote_of=relations.quotes,
        latitude=latitude,
        longitude=longitude,
    )


def _includes(given: msgspec.Raw, repairs: list[str]) -> Includes:
    row = _INCLUDES.read(bytes(given), False)
    if isinstance(row, Rejected):
        repairs.append(f"includes: {row.detail}")
        return Includes()
    repairs.extend(row.repairs)
    return row.record


class _Relations(NamedTuple):
    answers: str | None = None
    quotes: str | None = None
    reposts: str | None = None


def _relations(tweet: Tweet) -> _Relations:
    """The posts that it answers, quotes and repeats."""
    given = tweet.referenced_tweets or tweet.referenced_posts
    if not given:
        return _Relations()
    found = {(other.type or "").casefold(): identifier(other.id) for other in given}
    return _Relations(found.get("replied_to"), found.get("quoted"), found.get("retweeted") or found.get("reposted"))


def _kind(tweet: Tweet, relations: _Relations) -> PostKind:
    if relations.reposts:
        return PostKind.REPOST
    # What answers a post that is gone still says whom it answers.
    if relations.answers or tweet.in_reply_to_user_id:
        return PostKind.REPLY
    return PostKind.QUOTE if relations.quotes else PostKind.POST


def _original(includes: Includes, post_id: str) -> Tweet | None:
    return next((tweet for tweet in includes.tweets or () if identifier(tweet.id) == post_id), None)


_profile = cached_profiles(Platform.X)


@lru_cache(maxsize=16_384)
def _named(username: str | None) -> Profile | None:
    """The profile of that name. Cached like `_profile`."""
    return _profile(f"https://x.com/{quote(username, safe='', errors='replace')}") if username else None


class _Author(NamedTuple):
    profile: Profile | None
    name: str | None


def _author(user_id: str | None, includes: Includes) -> _Author:
    if not user_id:
        return _Author(None, None)
    user = next((user for user in includes.users or () if identifier(user.id) == user_id), None)
    profile = (user and _named(user.username)) or _profile(f"https://x.com/i/user/{quote(user_id, safe='')}")
    return _Author(profile, clean_text(user.name) if user else None)


class _Counts(NamedTuple):
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    views: int | None = None
    bookmarks: int | None = None


def _counts(given: Metrics | None, repairs: list[str]) -> _Counts:
    if given is None:
        return _Counts()
    shares = given.retweet_count if given.retweet_count is not None else given.repost_count
    counted = (
        count(given.like_count, "like_count"),
        count(given.reply_count, "comment_count"),
        count(shares, "share_count"),
        count(given.impression_count, "view_count"),
        count(given.bookmark_count, "save_count"),
    )
    repairs.extend(note for _, note in counted if note)
    counts = _Counts(*(number for number, _ in counted))
    # Views were not counted before the end of 2022: the zero beside likes or reposts is none.
    return counts._replace(views=None) if counts.views == 0 and (counts.likes or counts.reposts) else counts


def _mentions(entities: Entities) -> list[str] | None:
    if not entities.mentions:
        return None
    named = (_named(mention.username) for mention in entities.mentions)
    return once(profile.key for profile in named if profile)


def _language(code: str | None) -> str | None:
    return clean_text(code) if code and not _NO_LANGUAGE.fullmatch(code) else None


MAPPING = item_mapping(Platform.X, _ITEMS, _mapped)
"""How items of X's API are read."""
