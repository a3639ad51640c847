"""What can be read: a function for each view. All take the same filters and give typed DataFrames.

Filters: `since` is included, `until` is not; each is ISO text, a date (its beginning) or a datetime, UTC unless it says
otherwise. A creator or event that does not exist is a `ReaderError`, not an empty frame.

Types: text is `string`; counts are nullable `Int64`, because a count that no source gave is missing and not zero; other
numbers are `Float64`; moments and days are `datetime64[us, UTC]`; lists and JSON are Python objects.

`database_url` names a database; without it the settings do (`SCRAPE_ASSETS_DATABASE_URL`, else the embedded database
in `SCRAPE_ASSETS_HOME`).
"""

from __future__ import annotations

import pandas as pd

from scrape_assets.operations.asked_rows import When, filters
from scrape_assets.reader.frames import frame
from scrape_assets.storage.views import ACTIVITY, EVENTS, GROWTH, MONTHS, POSTS


def posts(
    *,
    platform: str | None = None,
    creator: str | None = None,
    event: str | None = None,
    role: str | None = None,
    since: When = None,
    until: When = None,
    limit: int | None = None,
    database_url: str | None = None,
) -> pd.DataFrame:
    """Posts with the creator they belong to and their newest counts, newest first; by `posted_at`.

    A row is a post *and* a creator in a role: a post that belongs to two creators comes twice, one that belongs to
    nobody we follow once, with `creator_id` missing. Count distinct `(platform, post_id)`.

    Columns:
        platform, post_id: the post's key. url, kind (post, repost, quote, reply, …), title, text, language (BCP 47).
        creator_id, creator_name, role (author, reposter, tagged, mentioned, found_in_feed), method,
            confidence (0 to 1): who it belongs to, and how that is known.
        author_key, author_handle, author_id, author_name, author_url: who wrote it, whoever that is.
        posted_at, collected_at: UTC; the second is when the source last looked.
        hashtags, mentions, tagged (those of `mentions` whom the record itself marks): lists of text.
        media: list of `{"type", "url", …}`.
        like_count, comment_count, share_count, view_count, save_count: newest known counts; missing: not given.
        engagement: likes + comments + shares + saves of those that are known.
        reposted_from, reply_to, quote_of: the other post's `post_id`.
        latitude, longitude: degrees, WGS 84. snapshot_id: which snapshot last brought it.

    Raises:
        ReaderError: saying why.
    """
    wanted = filters(platform=platform, creator=creator, event=event, role=role, since=since, until=until, limit=limit)
    return frame(POSTS, wanted, database_url)


def activity(
    *,
    platform: str | None = None,
    creator: str | None = None,
    since: When = None,
    until: When = None,
    limit: int | None = None,
    database_url: str | None = None,
) -> pd.DataFrame:
    """What each creator's days came to, by platform; by `activity_date`. Days that were never computed are not there.

    Columns:
        activity_date: the UTC day of posting, as its midnight. creator_id, platform.
        posts, reposts, mentioned: posts written, passed on, and by anybody that mention the creator.
        like_count, comment_count, share_count, view_count, save_count: sums of newest known counts.
        engagement: likes + comments + shares + saves. reach: views.
        trailing_posts, trailing_engagement: a day, mean of the 28 days before.
        growth: engagement ÷ trailing_engagement - 1 (0.5 is half as much again); missing: nothing to compare.
        computed_at: UTC.

    Raises:
        ReaderError: saying why.
    """
    wanted = filters(platform=platform, creator=creator, since=since, until=until, limit=limit)
    return frame(ACTIVITY, wanted, database_url)


def months(
    *,
    platform: str | None = None,
    creator: str | None = None,
    since: When = None,
    until: When = None,
    limit: int | None = None,
    database_url: str | None = None,
) -> pd.DataFrame:
    """What each creator's months came to, by platform: `activity` added up. `since` takes in its whole month.

    Columns:
        month: its first day, UTC. creator_id, creator_name, platform.
        posts, reposts, mentioned: as in `activity`. days_with_posts: days with at least one post written.
        like_count, comment_count, share_count, view_count, save_count, engagement, reach: sums, as in `activity`.
        computed_at: when the newest of its days was computed, UTC.

    Raises:
        ReaderError: saying why.
    """
    wanted = filters(platform=platform, creator=creator, since=since, until=until, limit=limit)
    return frame(MONTHS, wanted, database_url)


def events(
    *,
    event: str | None = None,
    platform: str | None = None,
    creator: str | None = None,
    since: When = None,
    until: When = None,
    limit: int | None = None,
    database_url: str | None = None,
) -> pd.DataFrame:
    """The posts of events, newest first: an event's wall; by `posted_at`.

    Columns:
        event_id, event_name. posted_at, collected_at: UTC.
        platform, post_id, url, kind, title, text, language, hashtags, media: as in `posts`.
        author_key, author_handle, author_name, author_url: who wrote it.
        creator_ids: list of the creators we follow who wrote it or passed it on; missing: none.
        like_count, comment_count, share_count, view_count, save_count, engagement: newest known counts.
        matched_by: by what it was found, such as `keyword: rust`.

    Raises:
        ReaderError: saying why.
    """
    wanted = filters(platform=platform, creator=creator, event=event, since=since, until=until, limit=limit)
    return frame(EVENTS, wanted, database_url)


def growth(
    *,
    platform: str | None = None,
    creator: str | None = None,
    event: str | None = None,
    role: str | None = None,
    since: When = None,
    until: When = None,
    limit: int | None = None,
    database_url: str | None = None,
) -> pd.DataFrame:
    """Posts' counts at each observation and how they differ from the one before; by `observed_at`.

    `role` goes with a creator: the posts that belong to the creator in that role.

    Columns:
        platform, post_id: the post. observed_at, previous_at: when the source looked, UTC.
        hours_since: hours between the two; missing: this is the first observation.
        like_count, comment_count, share_count, view_count, save_count, engagement: at that moment.
        like_growth, comment_growth, share_growth, view_growth, save_growth, engagement_growth: more than before;
            missing: either is not known.
        snapshot_id: which snapshot brought the observation.

    Raises:
        ReaderError: saying why.
    """
    wanted = filters(platform=platform, creator=creator, event=event, role=role, since=since, until=until, limit=limit)
    return frame(GROWTH, wanted, database_url)
