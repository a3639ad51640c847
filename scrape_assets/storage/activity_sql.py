"""The statements that say what days came to. Nothing is executed here.

Each takes a range of days in one pass, reads the days before it for the trailing means, replaces what it finds in
its table and leaves alone what is the same already. Whatever a day's figures are, they follow from the tables of
posts, matches and jobs alone, never from figures of other days: any day can be computed before any other.
"""

from sqlalchemy import text

TRAILING_DAYS = 28
"""Four weeks: each day of the week counts as often as every other."""

# Two at once would each miss what the other is about to write. One takes seconds.
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('scrape_assets.activity'))")

# With the server's usual 4 MB a million posts are joined and grouped by way of the disk.
IN_MEMORY = text("SET LOCAL work_mem = '64MB'")

# The session's time zone is not relied on.
_POSTED_ON = "(post.posted_at AT TIME ZONE 'UTC')::date"
_FIRST = "CAST(:first AS date)"
_LAST = "CAST(:last AS date)"
_OLDEST = f"({_FIRST} - {TRAILING_DAYS})"


def _posted_since(day: str) -> str:
    return (
        f"post.posted_at >= {day}::timestamp AT TIME ZONE 'UTC'"
        f" AND post.posted_at < ({_LAST} + 1)::timestamp AT TIME ZONE 'UTC'"
    )


_FIGURES = (
    "posts",
    "reposts",
    "mentioned",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
    "save_count",
    "engagement",
    "reach",
    "trailing_posts",
    "trailing_engagement",
    "growth",
)


def _listed(names: tuple[str, ...], prefix: str = "") -> str:
    return ", ".join(prefix + name for name in names)


def _replaced(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in (*names, "computed_at"))


def _replacing(table: str, day: str, whose: str, figures: tuple[str, ...]) -> str:
    """Bring a table's days to what lies in `holding`; what is the same already is left alone."""
    return f"""gone AS (
    DELETE FROM {table} AS former
    WHERE former.{day} BETWEEN {_FIRST} AND {_LAST}
      AND NOT EXISTS (
        SELECT
        FROM holding
        WHERE holding.{day} = former.{day} AND holding.{whose} = former.{whose}
          AND holding.platform = former.platform
      )
    RETURNING 1
), written AS (
    INSERT INTO {table} AS known ({day}, {whose}, platform, {_listed(figures)}, computed_at)
    SELECT {day}, {whose}, platform, {_listed(figures)}, CAST(:now AS timestamptz)
    FROM holding
    ON CONFLICT ({day}, {whose}, platform) DO UPDATE SET {_replaced(figures)}
    WHERE ({_listed(figures, "known.")}) IS DISTINCT FROM ({_listed(figures, "excluded.")})
    RETURNING 1
)"""  # noqa: S608


# In all of these only our own names are put in; values are bound.
CREATOR_ACTIVITY = f"""
WITH own AS (
    -- Of the days before the range only what their means are made of is summed up.
    SELECT activity_date, creator_id, platform,
           count(*) FILTER (WHERE role = 'author') AS posts,
           count(*) FILTER (WHERE role = 'reposter') AS reposts,
           sum(like_count) FILTER (WHERE is_asked)::bigint AS like_count,
           sum(comment_count) FILTER (WHERE is_asked)::bigint AS comment_count,
           sum(share_count) FILTER (WHERE is_asked)::bigint AS share_count,
           sum(view_count) FILTER (WHERE is_asked)::bigint AS view_count,
           sum(save_count) FILTER (WHERE is_asked)::bigint AS save_count,
           sum(engagement)::bigint AS engagement
    FROM (
        SELECT {_POSTED_ON} AS activity_date, content.creator_id, content.platform, content.role,
               post.posted_at >= {_FIRST}::timestamp AT TIME ZONE 'UTC' AS is_asked,
               post.like_count, post.comment_count, post.share_count, post.view_count, post.save_count,
               CASE WHEN num_nonnulls(post.like_count, post.comment_count, post.share_count, post.save_count) > 0 THEN
                   coalesce(post.like_count, 0) + coalesce(post.comment_count, 0)
                   + coalesce(post.share_count, 0) + coalesce(post.save_count, 0)
               END AS engagement
        FROM raw_posts AS post
        JOIN creator_content AS content USING (platform, post_id)
        WHERE content.role IN ('author', 'reposter') AND {_posted_since(_OLDEST)}
    ) AS matched
    GROUP BY 1, 2, 3
), mentions AS (
    -- Who is mentioned and tagged in one post is so once.
    SELECT {_POSTED_ON} AS activity_date, content.creator_id, content.platform,
           count(DISTINCT content.post_id) AS mentioned
    FROM raw_posts AS post
    JOIN creator_content AS content USING (platform, post_id)
    WHERE content.role IN ('mentioned', 'tagged') AND {_posted_since(_FIRST)}
    GROUP BY 1, 2, 3
), days AS (
    SELECT activity_date, creator_id, platform,
           coalesce(posts, 0) AS posts, coalesce(reposts, 0) AS reposts, coalesce(mentioned, 0) AS mentioned,
           like_count, comment_count, share_count, view_count, save_count, engagement, view_count AS reach
    FROM (SELECT * FROM own WHERE activity_date >= {_FIRST}) AS asked
    FULL JOIN mentions USING (activity_date, creator_id, platform)
), trailed AS (
    SELECT *, coalesce(sum(posts) OVER before, 0) / {TRAILING_DAYS}.0::float8 AS trailing_posts,
           sum(engagement) OVER before / {TRAILING_DAYS}.0::float8 AS trailing_engagement
    FROM (
        SELECT * FROM days
        UNION ALL
        SELECT activity_date, creator_id, platform, posts, reposts, 0, NULL, NULL, NULL, NULL, NULL, engagement, NULL
        FROM own
        WHERE activity_date < {_FIRST} AND (creator_id, platform) IN (SELECT creator_id, platform FROM days)
    ) AS days_and_those_before
    WINDOW before AS (
        -- "C" sorts by bytes: faster than by language.
        PARTITION BY creator_id COLLATE "C", platform COLLATE "C" ORDER BY activity_date
        RANGE BETWEEN interval '{TRAILING_DAYS} days' PRECEDING AND interval '1 day' PRECEDING
    )
), holding AS (
    SELECT *, engagement / nullif(trailing_engagement, 0) - 1 AS growth
    FROM trailed
    WHERE activity_date >= {_FIRST}
), {_replacing("creator_activity", "activity_date", "creator_id", _FIGURES)}, by_day AS (
    SELECT activity_date, sum(posts) AS posts, sum(reposts) AS reposts, sum(engagement) AS engagement
    FROM own
    GROUP BY 1
), by_day_asked AS (
    SELECT activity_date, count(*) AS rows, sum(reach) AS reach,
           count(DISTINCT creator_id) FILTER (WHERE posts + reposts > 0) AS creators
    FROM days
    GROUP BY 1
)
SELECT day::date AS day,
       coalesce(by_day.posts, 0)::bigint AS posts,
       coalesce(by_day.reposts, 0)::bigint AS reposts,
       by_day.engagement::bigint AS engagement,
       coalesce(by_day_asked.rows, 0) AS rows,
       coalesce(by_day_asked.creators, 0) AS creators,
       by_day_asked.reach::bigint AS reach,
       (SELECT count(*) FROM written) AS written,
       (SELECT count(*) FROM gone) AS removed
FROM generate_series({_OLDEST}::timestamp, {_LAST}::timestamp, interval '1 day') AS day
LEFT JOIN by_day ON by_day.activity_date = day::date
LEFT JOIN by_day_asked ON by_day_asked.activity_date = day::date
ORDER BY day
"""  # noqa: S608

_COVERED = (
    "posts",
    "authors",
    "creators",
    "languages",
    "media",
    "jobs_asked",
    "jobs_completed",
    "jobs_failed",
    "posts_found",
)

EVENT_COVERAGE = f"""
WITH talk AS (
    SELECT {_POSTED_ON} AS coverage_date, about.event_id, platform, post_id,
           coalesce(post.author_key, post.author_id, post.author_handle) AS author, post.language,
           CASE jsonb_typeof(post.media) WHEN 'array' THEN post.media ELSE '[]' END AS media
    FROM raw_posts AS post
    JOIN event_posts AS about USING (platform, post_id)
    WHERE {_posted_since(_OLDEST)}
), posted AS (
    SELECT coverage_date, event_id, platform, count(*) AS posts, count(DISTINCT author) AS authors
    FROM talk
    GROUP BY 1, 2, 3
), followed AS (
    SELECT talk.coverage_date, talk.event_id, talk.platform, count(DISTINCT content.creator_id) AS creators
    FROM talk
    JOIN creator_content AS content USING (platform, post_id)
    WHERE content.role IN ('author', 'reposter') AND talk.coverage_date >= {_FIRST}
    GROUP BY 1, 2, 3
), spoken AS (
    SELECT coverage_date, event_id, platform, jsonb_object_agg(language, posts) AS languages
    FROM (
        SELECT coverage_date, event_id, platform, language, count(*) AS posts
        FROM talk
        WHERE language IS NOT NULL AND coverage_date >= {_FIRST}
        GROUP BY 1, 2, 3, 4
    ) AS by_language
    GROUP BY 1, 2, 3
), shown AS (
    SELECT coverage_date, event_id, platform, jsonb_object_agg(kind, posts) AS media
    FROM (
        SELECT coverage_date, event_id, platform, medium ->> 'type' AS kind, count(DISTINCT post_id) AS posts
        FROM talk
        CROSS JOIN jsonb_array_elements(talk.media) AS medium
        WHERE medium ->> 'type' IS NOT NULL AND coverage_date >= {_FIRST}
        GROUP BY 1, 2, 3, 4
    ) AS by_kind
    GROUP BY 1, 2, 3
), asked AS (
    -- What was called off was not asked.
    SELECT job.collection_date AS coverage_date, job.target_id AS event_id, job.platform,
           count(*) AS jobs_asked,
           count(*) FILTER (WHERE job.status = 'completed') AS jobs_completed,
           count(*) FILTER (WHERE job.status IN ('failed', 'dead')) AS jobs_failed,
           sum(job.posts_found) AS posts_found
    FROM events AS event
    JOIN scrape_jobs AS job ON job.target_id = event.event_id AND job.target_kind = 'event'
    WHERE job.collection_date BETWEEN {_FIRST} AND {_LAST} AND job.status <> 'canceled'
    GROUP BY 1, 2, 3
), holding AS (
    SELECT coverage_date, event_id, platform, coalesce(posts, 0) AS posts, coalesce(authors, 0) AS authors,
           coalesce(creators, 0) AS creators, coalesce(languages, '{{}}') AS languages,
           coalesce(media, '{{}}') AS media, coalesce(jobs_asked, 0) AS jobs_asked,
           coalesce(jobs_completed, 0) AS jobs_completed, coalesce(jobs_failed, 0) AS jobs_failed, posts_found
    FROM (SELECT * FROM posted WHERE coverage_date >= {_FIRST}) AS posted
    FULL JOIN asked USING (coverage_date, event_id, platform)
    LEFT JOIN followed USING (coverage_date, event_id, platform)
    LEFT JOIN spoken USING (coverage_date, event_id, platform)
    LEFT JOIN shown USING (coverage_date, event_id, platform)
), {_replacing("event_coverage", "coverage_date", "event_id", _COVERED)}
SELECT day::date AS day,
       (SELECT count(*) FROM holding WHERE holding.coverage_date = day::date) AS rows,
       coalesce(sum(posted.posts), 0)::bigint AS posts,
       (SELECT count(*) FROM written) AS written,
       (SELECT count(*) FROM gone) AS removed
FROM generate_series({_OLDEST}::timestamp, {_LAST}::timestamp, interval '1 day') AS day
LEFT JOIN posted ON posted.coverage_date = day::date
GROUP BY day
ORDER BY day
"""  # noqa: S608
