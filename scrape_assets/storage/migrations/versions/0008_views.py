"""Views made for people, each column explained; and the fact that somebody was forgotten.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"

FORGOTTEN = """
CREATE TABLE forgotten (
    identity_hash TEXT NOT NULL,
    subject_hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    platform TEXT NOT NULL,
    without_id BOOLEAN DEFAULT false NOT NULL,
    key_id TEXT NOT NULL,
    forgotten_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    forgotten_by TEXT NOT NULL,
    removed JSONB DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT forgotten_pkey PRIMARY KEY (identity_hash),
    CONSTRAINT forgotten_kind_check CHECK (kind IN ('creator', 'author', 'post'))
);

CREATE INDEX forgotten_platform_idx ON forgotten (platform);
"""


def _engagement(row: str) -> str:
    """Likes, comments, shares and saves of those given; null when none is."""
    given = [f"{row}.{count}" for count in ("like_count", "comment_count", "share_count", "save_count")]
    added = " + ".join(f"coalesce({count}, 0)" for count in given)
    return f"CASE WHEN num_nonnulls({', '.join(given)}) > 0 THEN {added} END"


POSTS_WITH_CREATOR = f"""
CREATE VIEW posts_with_creator AS
SELECT post.platform, post.post_id, belongs.creator_id, creator.name AS creator_name, belongs.role, belongs.method,
       belongs.confidence, post.url, post.kind, post.author_key, post.author_handle, post.author_id, post.author_name,
       post.author_url, post.title, post.text, post.language, post.posted_at, post.collected_at, post.hashtags,
       post.mentions, post.media, post.like_count, post.comment_count, post.share_count, post.view_count,
       post.save_count, {_engagement("post")} AS engagement, post.reposted_from, post.reply_to, post.quote_of,
       post.latitude, post.longitude, post.snapshot_id
FROM raw_posts AS post
LEFT JOIN creator_content AS belongs ON belongs.platform = post.platform AND belongs.post_id = post.post_id
LEFT JOIN creators AS creator ON creator.creator_id = belongs.creator_id
"""  # noqa: S608

CREATOR_MONTHS = """
CREATE VIEW creator_months AS
SELECT date_trunc('month', day.activity_date::timestamp)::date AS month, day.creator_id,
       min(creator.name) AS creator_name, day.platform,
       sum(day.posts)::bigint AS posts, sum(day.reposts)::bigint AS reposts, sum(day.mentioned)::bigint AS mentioned,
       count(*) FILTER (WHERE day.posts > 0) AS days_with_posts,
       sum(day.like_count)::bigint AS like_count, sum(day.comment_count)::bigint AS comment_count,
       sum(day.share_count)::bigint AS share_count, sum(day.view_count)::bigint AS view_count,
       sum(day.save_count)::bigint AS save_count,
       sum(day.engagement)::bigint AS engagement, sum(day.reach)::bigint AS reach,
       max(day.computed_at) AS computed_at
FROM creator_activity AS day
JOIN creators AS creator ON creator.creator_id = day.creator_id
GROUP BY 1, 2, 4
"""

# Sorted in the view: `SELECT * FROM event_wall WHERE event_id = '…' LIMIT 20` is the wall.
EVENT_WALL = f"""
CREATE VIEW event_wall AS
SELECT found.event_id, event.name AS event_name, post.posted_at, post.platform, post.post_id, post.url, post.kind,
       post.author_key, post.author_handle, post.author_name, post.author_url, written_by.creator_ids,
       post.title, post.text, post.language, post.hashtags, post.media,
       post.like_count, post.comment_count, post.share_count, post.view_count, post.save_count,
       {_engagement("post")} AS engagement, found.matched_by, post.collected_at
FROM event_posts AS found
JOIN events AS event ON event.event_id = found.event_id
JOIN raw_posts AS post ON post.platform = found.platform AND post.post_id = found.post_id
CROSS JOIN LATERAL (
    SELECT array_agg(belongs.creator_id ORDER BY belongs.creator_id) AS creator_ids
    FROM creator_content AS belongs
    WHERE belongs.platform = post.platform AND belongs.post_id = post.post_id
      AND belongs.role IN ('author', 'reposter')
) AS written_by
ORDER BY post.posted_at DESC NULLS LAST, post.platform, post.post_id
"""  # noqa: S608

# By way of the key for each row, not by a window: whichever posts are asked for, only their rows are read.
POST_GROWTH = f"""
CREATE VIEW post_growth AS
SELECT seen.platform, seen.post_id, seen.observed_at, before.observed_at AS previous_at,
       (extract(epoch FROM seen.observed_at - before.observed_at) / 3600)::double precision AS hours_since,
       seen.like_count, seen.comment_count, seen.share_count, seen.view_count, seen.save_count,
       {_engagement("seen")} AS engagement,
       seen.like_count - before.like_count AS like_growth,
       seen.comment_count - before.comment_count AS comment_growth,
       seen.share_count - before.share_count AS share_growth,
       seen.view_count - before.view_count AS view_growth,
       seen.save_count - before.save_count AS save_growth,
       {_engagement("seen")} - {_engagement("before")} AS engagement_growth,
       seen.snapshot_id
FROM post_metrics AS seen
LEFT JOIN LATERAL (
    SELECT *
    FROM post_metrics AS earlier
    WHERE earlier.platform = seen.platform AND earlier.post_id = seen.post_id
      AND earlier.observed_at < seen.observed_at
    ORDER BY earlier.observed_at DESC
    LIMIT 1
) AS before ON true
"""  # noqa: S608

_POST = {
    "platform": "Where it was posted: linkedin, instagram, tiktok, x, ...",
    "post_id": "The platform''s own stable id of the post; with platform the key",
    "url": "The post''s address",
    "kind": "post, repost, quote, reply, article, video, reel, story or comment",
    "author_key": "Identity key of the author''s profile, such as in/jane-doe",
    "author_handle": "The author''s handle at that time",
    "author_name": "The author''s name as the platform shows it",
    "author_url": "Address of the author''s profile",
    "title": "Title, where the platform has titles",
    "text": "What was written",
    "language": "BCP 47, where the source says it",
    "posted_at": "When it was posted, UTC",
    "collected_at": "When the source last looked, UTC: the counts are of then, or the newest known before",
    "hashtags": "Without #, in the order written; null: not given",
    "media": "JSON array of {type, url, ...}; addresses may have expired",
}
_COUNTS = {
    "like_count": "Likes and other reactions; null: the source did not say, which is not zero",
    "comment_count": "Comments; null: the source did not say",
    "share_count": "Reposts and shares; null: the source did not say",
    "view_count": "Views or plays; null: the source did not say",
    "save_count": "Saves or bookmarks; null: the source did not say",
    "engagement": "Likes + comments + shares + saves, of those that are known; null: none is",
}

COMMENTS: dict[str, tuple[str, dict[str, str]]] = {
    "posts_with_creator": (
        "A post and one creator it belongs to in one role, with its newest counts. A post of nobody we follow stands "
        "here once, with creator_id null; one that belongs to two creators stands here twice: count distinct "
        "(platform, post_id)",
        {
            **_POST,
            **_COUNTS,
            "creator_id": "The creator it belongs to; null: to nobody we follow",
            "creator_name": "The creator''s name",
            "role": "author, reposter, tagged, mentioned, or found_in_feed (in their feed, by somebody else)",
            "method": "How it was matched: platform_user_id, handle, profile_url, mention, feed_input",
            "confidence": "How sure the match is, 0 to 1",
            "author_id": "The platform''s stable id of the author",
            "mentions": "Identity keys of profiles tagged or mentioned",
            "reposted_from": "post_id of the original",
            "reply_to": "post_id of the post it answers",
            "quote_of": "post_id of the post it quotes",
            "latitude": "Of the place the post names, WGS 84",
            "longitude": "Of the place the post names, WGS 84",
            "snapshot_id": "The snapshot that last brought it",
        },
    ),
    "creator_months": (
        "A creator''s month on a platform, from creator_activity: as complete as the days that were computed",
        {
            "month": "First day of the month, UTC, of posting",
            "creator_id": "The creator",
            "creator_name": "The creator''s name",
            "platform": "Where",
            "posts": "Posts written",
            "reposts": "Posts passed on",
            "mentioned": "Posts, by anybody, that mention or tag the creator",
            "days_with_posts": "Days of the month with at least one post written",
            "like_count": "Sum of the newest known counts; null: no source said",
            "comment_count": "Sum of the newest known counts; null: no source said",
            "share_count": "Sum of the newest known counts; null: no source said",
            "view_count": "Sum of the newest known counts; null: no source said",
            "save_count": "Sum of the newest known counts; null: no source said",
            "engagement": "Likes + comments + shares + saves, of those that are known",
            "reach": "Views",
            "computed_at": "When the newest of its days was computed",
        },
    ),
    "event_wall": (
        "The posts of an event, newest first, with author and counts",
        {
            **_POST,
            **_COUNTS,
            "event_id": "The event",
            "event_name": "The event''s name",
            "creator_ids": "Creators we follow who wrote it or passed it on; null: none",
            "matched_by": "How it was found: keyword: ..., search",
        },
    ),
    "post_growth": (
        "A post''s counts at each observation, and how they differ from the observation before",
        {
            **{name: _POST[name] for name in ("platform", "post_id")},
            **_COUNTS,
            "observed_at": "When the source looked, UTC",
            "previous_at": "When it had looked before; null: this is the first",
            "hours_since": "Hours between the two",
            "like_growth": "Likes more than then; null: either is not known",
            "comment_growth": "Comments more than then; null: either is not known",
            "share_growth": "Shares more than then; null: either is not known",
            "view_growth": "Views more than then; null: either is not known",
            "save_growth": "Saves more than then; null: either is not known",
            "engagement_growth": "Engagement more than then; null: either is not known",
            "snapshot_id": "The snapshot that brought the observation",
        },
    ),
}


def upgrade() -> None:
    """Add the views, their comments and the table."""
    connection = op.get_bind()
    for statement in (FORGOTTEN, POSTS_WITH_CREATOR, CREATOR_MONTHS, EVENT_WALL, POST_GROWTH):
        connection.exec_driver_sql(statement)
    for view, (about, columns) in COMMENTS.items():
        comments = [f"COMMENT ON VIEW {view} IS '{about}'"]
        comments += [f"COMMENT ON COLUMN {view}.{column} IS '{said}'" for column, said in columns.items()]
        connection.exec_driver_sql(";\n".join(comments))
