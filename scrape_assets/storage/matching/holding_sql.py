"""Which matches hold, and writing them: the same for the posts of a snapshot and of a creator.

Nothing is executed here; which posts are matched is said in `posts_sql`.

The matches of a post follow from the tables alone: from what is known of the post, from all feeds in which it
was seen, and from the profiles. So matching the same posts again, whosever they are, comes to the same.

The posts and the matches that hold lie in temporary tables and not in one large statement, because ANALYZE tells
the planner how many there are: on its own guess (one) it took four minutes for 40,000 posts, instead of one second.
"""

from sqlalchemy import text

CONFIDENCE = {"platform_user_id": 0.9996, "handle": 0.999, "mention": 0.998, "feed_input": 0.997, "profile_url": 0.995}
"""The share of matches by a method that are right, measured: `python -m benchmarks matching_quality`, docs/data.md."""

CREATE_HOLDING = text("""
CREATE TEMPORARY TABLE matching_holding (
    creator_id text,
    platform text,
    post_id text,
    role text,
    method text,
    confidence double precision
) ON COMMIT DROP
""")

ANALYZE_HOLDING = text("ANALYZE matching_holding")
DROP = text("DROP TABLE matching_posts, matching_holding")

# A profile's handle and key count from valid_from on and before valid_to; its user id is for ever.
_VALID_WHEN_POSTED = """
      (profile.valid_from IS NULL OR profile.valid_from <= post.posted_at)
      AND (profile.valid_to IS NULL OR profile.valid_to > post.posted_at)"""

# Platforms show an old post under its author's name of today: who had the name when the post was collected is its
# author, unless somebody known had it when it was posted.
_VALID_WHEN_SEEN = """
      (profile.valid_from IS NULL OR profile.valid_from <= post.collected_at)
      AND (profile.valid_to IS NULL OR profile.valid_to > post.collected_at)"""

# Somebody else has the name now, or had it before: their number is known to be another.
_NOT_ANOTHERS = """
      AND (profile.platform_user_id IS NULL OR post.author_id IS NULL OR profile.platform_user_id = post.author_id)"""

# in/acme and company/acme have the same handle in two name spaces: they are not the same profile.
_IN_A_NAME_SPACE = "right(profile.profile_key, length(profile.handle) + 1) = '/' || profile.handle"

FIND_AUTHORS = text(f"""
WITH candidates AS (
    SELECT profile.creator_id, post.platform, post.post_id, post.author_role AS role,
           'platform_user_id' AS method, {CONFIDENCE["platform_user_id"]} AS confidence,
           true AS by_id, true AS at_posting
    FROM matching_posts AS post
    JOIN creator_profiles AS profile
      ON profile.platform = post.platform AND profile.platform_user_id = post.author_id
  UNION ALL
    SELECT profile.creator_id, post.platform, post.post_id, post.author_role, 'handle', {CONFIDENCE["handle"]},
           false, {_VALID_WHEN_POSTED}
    FROM matching_posts AS post
    JOIN creator_profiles AS profile
      ON profile.platform = post.platform AND profile.handle = post.author_handle
      AND ({_VALID_WHEN_POSTED} OR {_VALID_WHEN_SEEN}) {_NOT_ANOTHERS}
    WHERE profile.profile_key = post.author_key
       OR post.author_key IS NOT NULL AND NOT (
           {_IN_A_NAME_SPACE}
           AND right(post.author_key, length(profile.handle) + 1) = '/' || profile.handle
       )
       -- A name alone, where there are several name spaces, counts if it is known in no other.
       OR post.author_key IS NULL AND NOT (
           {_IN_A_NAME_SPACE}
           AND (
               EXISTS (
                   SELECT
                   FROM creator_profiles AS other
                   WHERE other.platform = profile.platform AND other.handle = profile.handle
                     AND other.profile_key <> profile.profile_key
               )
               OR EXISTS (
                   SELECT
                   FROM seen_authors AS other
                   WHERE other.platform = profile.platform AND other.author_handle = profile.handle
                     AND other.author_handle <> '' AND other.author_key NOT IN ('', profile.profile_key)
               )
           )
       )
  UNION ALL
    SELECT profile.creator_id, post.platform, post.post_id, post.author_role, 'profile_url',
           {CONFIDENCE["profile_url"]}, false, {_VALID_WHEN_POSTED}
    FROM matching_posts AS post
    JOIN creator_profiles AS profile
      ON profile.platform = post.platform AND profile.profile_key = post.author_key
      AND ({_VALID_WHEN_POSTED} OR {_VALID_WHEN_SEEN}) {_NOT_ANOTHERS}
)
INSERT INTO matching_holding
SELECT DISTINCT creator_id, platform, post_id, role, method, confidence
FROM (
    SELECT *, rank() OVER (
        PARTITION BY platform, post_id ORDER BY by_id DESC, at_posting DESC, confidence DESC
    ) AS place
    FROM candidates
) AS ranked
-- A post has one author. The strongest method says who; a weaker one that says another is wrong.
WHERE place = 1
""")  # noqa: S608

# Who is tagged and named as well, under whichever of their names, is tagged.
FIND_MENTIONED = text(f"""
INSERT INTO matching_holding
SELECT profile.creator_id, post.platform, post.post_id,
       CASE WHEN bool_or(mention.profile_key = ANY(post.tagged)) THEN 'tagged' ELSE 'mentioned' END,
       'mention', {CONFIDENCE["mention"]}
FROM matching_posts AS post
CROSS JOIN unnest(post.mentions) AS mention (profile_key)
JOIN creator_profiles AS profile
  ON profile.platform = post.platform AND profile.profile_key = mention.profile_key AND {_VALID_WHEN_POSTED}
GROUP BY profile.creator_id, post.platform, post.post_id
""")  # noqa: S608

# A feed is its owner's at the time when the source was asked for it.
FIND_IN_FEEDS = text(f"""
INSERT INTO matching_holding
SELECT DISTINCT profile.creator_id, post.platform, post.post_id, 'found_in_feed', 'feed_input',
       {CONFIDENCE["feed_input"]}
FROM matching_posts AS post
CROSS JOIN LATERAL (
    SELECT snapshot_id, feed_key
    FROM post_sightings
    WHERE platform = post.platform AND post_id = post.post_id
    OFFSET 0  -- by the index: before statistics are there, the planner would read the whole table
) AS sighting
LEFT JOIN snapshots AS asked ON asked.snapshot_id = sighting.snapshot_id
JOIN creator_profiles AS profile
  ON profile.platform = post.platform AND profile.profile_key = sighting.feed_key
      AND (profile.valid_from IS NULL OR profile.valid_from <= coalesce(asked.created_at, post.collected_at))
      AND (profile.valid_to IS NULL OR profile.valid_to > coalesce(asked.created_at, post.collected_at))
WHERE NOT EXISTS (
    SELECT
    FROM matching_holding AS wrote
    WHERE wrote.creator_id = profile.creator_id
      AND wrote.platform = post.platform
      AND wrote.post_id = post.post_id
      AND wrote.role IN ('author', 'reposter')
)
""")  # noqa: S608

_REMOVE = """
DELETE FROM creator_content AS former
USING matching_posts AS post
WHERE former.platform = post.platform
  AND former.post_id = post.post_id
  AND NOT EXISTS (
    SELECT
    FROM matching_holding AS holding
    WHERE holding.creator_id = former.creator_id
      AND holding.platform = former.platform
      AND holding.post_id = former.post_id
      AND holding.role = former.role
  )
"""

_WRITE = """
INSERT INTO creator_content AS known
    (creator_id, platform, post_id, role, method, confidence, snapshot_id, matched_at)
SELECT creator_id, platform, post_id, role, method, confidence, snapshot_id, CAST(:now AS timestamptz)
FROM matching_holding
JOIN matching_posts USING (platform, post_id)
ON CONFLICT (creator_id, platform, post_id, role) DO UPDATE SET
    method = excluded.method,
    confidence = excluded.confidence,
    snapshot_id = excluded.snapshot_id,
    matched_at = excluded.matched_at
WHERE (known.method, known.confidence) IS DISTINCT FROM (excluded.method, excluded.confidence)
"""

_COUNTED = "SELECT snapshot_id, count(*) AS matches FROM changed GROUP BY snapshot_id"
REMOVE_AND_COUNT = text(f"WITH changed AS ({_REMOVE} RETURNING post.snapshot_id) {_COUNTED}")
WRITE_AND_COUNT = text(f"WITH changed AS ({_WRITE} RETURNING known.snapshot_id) {_COUNTED}")

CREATE_CHANGES = text("""
CREATE TEMPORARY TABLE matching_changes (
    platform text,
    post_id text,
    written int,
    removed int
) ON COMMIT DROP
""")

_NOTED = "INSERT INTO matching_changes SELECT platform, post_id, {}::int, {}::int FROM changed"
REMOVE_AND_NOTE = text(f"WITH changed AS ({_REMOVE} RETURNING former.platform, former.post_id) {_NOTED.format(0, 1)}")
WRITE_AND_NOTE = text(f"WITH changed AS ({_WRITE} RETURNING known.platform, known.post_id) {_NOTED.format(1, 0)}")
