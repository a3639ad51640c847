"""The statements of the matching. Nothing is executed here.

The matches of a post follow from the tables alone: from what is known of the post, from all feeds in which it
was seen, and from the profiles. So matching the same posts again, in whatever snapshot, comes to the same.

The posts and the matches that hold lie in temporary tables and not in one large statement, because ANALYZE tells
the planner how many there are: on its own guess (one) it took four minutes for 40,000 posts, instead of one second.
"""

from sqlalchemy import text

# Two matchings at once would each miss what the other is about to write. One takes a moment.
LOCK = text("""
SELECT pg_advisory_xact_lock(hashtext('scrape_assets.match'), hashtext(platform))
FROM (
    SELECT DISTINCT platform FROM post_sightings WHERE snapshot_id = :snapshot_id ORDER BY platform
) AS platforms
""")

CREATE_POSTS = text("""
CREATE TEMPORARY TABLE matching_posts (
    platform text,
    post_id text,
    author_role text,
    author_key text,
    author_handle text,
    author_id text,
    mentions text[],
    posted_at timestamptz,
    collected_at timestamptz
) ON COMMIT DROP
""")

FIND_POSTS = text("""
INSERT INTO matching_posts
SELECT platform, post_id, CASE kind WHEN 'repost' THEN 'reposter' ELSE 'author' END,
       author_key, author_handle, author_id, mentions, coalesce(posted_at, collected_at), collected_at
FROM (SELECT DISTINCT platform, post_id FROM post_sightings WHERE snapshot_id = :snapshot_id) AS seen
JOIN raw_posts USING (platform, post_id)
""")

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

ANALYZE_POSTS = text("ANALYZE matching_posts")
ANALYZE_HOLDING = text("ANALYZE matching_holding")
DROP = text("DROP TABLE matching_posts, matching_holding")

# A profile's handle and key count from valid_from on and before valid_to; its user id is for ever.
_VALID_WHEN_POSTED = """
      AND (profile.valid_from IS NULL OR profile.valid_from <= post.posted_at)
      AND (profile.valid_to IS NULL OR profile.valid_to > post.posted_at)"""

FIND_AUTHORS = text(f"""
WITH candidates AS (
    SELECT profile.creator_id, post.platform, post.post_id, post.author_role AS role,
           'platform_user_id' AS method, 1.0 AS confidence
    FROM matching_posts AS post
    JOIN creator_profiles AS profile
      ON profile.platform = post.platform AND profile.platform_user_id = post.author_id
  UNION ALL
    SELECT profile.creator_id, post.platform, post.post_id, post.author_role, 'handle', 0.98
    FROM matching_posts AS post
    JOIN creator_profiles AS profile
      ON profile.platform = post.platform AND profile.handle = post.author_handle {_VALID_WHEN_POSTED}
    -- in/acme and company/acme have the same handle in two name spaces: they are not the same profile
    WHERE profile.profile_key = post.author_key
       OR NOT coalesce(
           right(profile.profile_key, length(profile.handle) + 1) = '/' || profile.handle
           AND right(post.author_key, length(profile.handle) + 1) = '/' || profile.handle,
           false
       )
  UNION ALL
    SELECT profile.creator_id, post.platform, post.post_id, post.author_role, 'profile_url', 0.95
    FROM matching_posts AS post
    JOIN creator_profiles AS profile
      ON profile.platform = post.platform AND profile.profile_key = post.author_key {_VALID_WHEN_POSTED}
)
INSERT INTO matching_holding
SELECT DISTINCT creator_id, platform, post_id, role, method, confidence
FROM (
    SELECT *, max(confidence) OVER (PARTITION BY platform, post_id) AS strongest FROM candidates
) AS ranked
-- A post has one author. The strongest method says who; a weaker one that says another is wrong.
WHERE confidence = strongest
""")  # noqa: S608

FIND_MENTIONED = text(f"""
INSERT INTO matching_holding
SELECT DISTINCT profile.creator_id, post.platform, post.post_id, 'mentioned', 'mention', 0.9
FROM matching_posts AS post
CROSS JOIN unnest(post.mentions) AS mention (profile_key)
JOIN creator_profiles AS profile
  ON profile.platform = post.platform AND profile.profile_key = mention.profile_key {_VALID_WHEN_POSTED}
""")  # noqa: S608

# A feed is its owner's at the time when the source was asked for it.
FIND_IN_FEEDS = text("""
INSERT INTO matching_holding
SELECT DISTINCT profile.creator_id, post.platform, post.post_id, 'found_in_feed', 'feed_input', 1.0
FROM matching_posts AS post
JOIN post_sightings AS sighting USING (platform, post_id)
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
""")

REMOVE = text("""
DELETE FROM creator_content AS former
USING matching_posts AS post
WHERE former.platform = post.platform
  AND former.post_id = post.post_id
  AND former.role IN ('author', 'reposter', 'mentioned', 'found_in_feed')
  AND NOT EXISTS (
    SELECT
    FROM matching_holding AS holding
    WHERE holding.creator_id = former.creator_id
      AND holding.platform = former.platform
      AND holding.post_id = former.post_id
      AND holding.role = former.role
  )
""")

WRITE = text("""
INSERT INTO creator_content AS known
    (creator_id, platform, post_id, role, method, confidence, snapshot_id, matched_at)
SELECT creator_id, platform, post_id, role, method, confidence, :snapshot_id, :now
FROM matching_holding
ON CONFLICT (creator_id, platform, post_id, role) DO UPDATE SET
    method = excluded.method,
    confidence = excluded.confidence,
    snapshot_id = excluded.snapshot_id,
    matched_at = excluded.matched_at
WHERE (known.method, known.confidence) IS DISTINCT FROM (excluded.method, excluded.confidence)
""")

COUNT_POSTS = text("""
SELECT (SELECT count(*) FROM matching_posts) AS posts,
       (SELECT count(*) FROM (SELECT DISTINCT platform, post_id FROM matching_holding) AS held) AS matched
""")

TALLY = text("""
SELECT role, method, count(*) AS matches
FROM matching_holding
GROUP BY role, method
ORDER BY role, method
""")

UNMATCHED_AUTHORS = text("""
SELECT post.author_key, min(raw.author_name), min(raw.author_url), count(*)
FROM matching_posts AS post
JOIN raw_posts AS raw USING (platform, post_id)
WHERE NOT EXISTS (
    SELECT
    FROM matching_holding AS holding
    WHERE holding.platform = post.platform
      AND holding.post_id = post.post_id
      AND holding.role IN ('author', 'reposter')
)
GROUP BY post.author_key
ORDER BY count(*) DESC, post.author_key
LIMIT :sample
""")
