"""Which posts are matched: those of a snapshot, or all that may be a creator's. Nothing is executed here.

They lie in a temporary table, and what becomes of them there is the same for both: see `holding_sql`.
"""

from sqlalchemy import text

# Two matchings at once would each miss what the other is about to write. One takes a moment.
LOCK = text("""
SELECT pg_advisory_xact_lock(hashtext('scrape_assets.match'), hashtext(platform))
FROM (
    SELECT DISTINCT platform FROM post_sightings WHERE snapshot_id = ANY(:snapshot_ids) ORDER BY platform
) AS platforms
""")

LOCK_OF_CREATORS = text("""
SELECT pg_advisory_xact_lock(hashtext('scrape_assets.match'), hashtext(platform))
FROM (SELECT DISTINCT platform FROM unnest(CAST(:platforms AS text[])) AS given (platform) ORDER BY 1) AS platforms
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
    tagged text[],
    posted_at timestamptz,
    collected_at timestamptz,
    snapshot_id text
) ON COMMIT DROP
""")

_POST = """platform, post_id, CASE kind WHEN 'repost' THEN 'reposter' ELSE 'author' END,
       author_key, author_handle, author_id, mentions, tagged, coalesce(posted_at, collected_at), collected_at"""

# Whatever is seen in several snapshots that are matched together is matched once, and counted in each.
FIND_SEEN = text("""
CREATE TEMPORARY TABLE matching_seen ON COMMIT DROP AS
SELECT DISTINCT snapshot_id, platform, post_id FROM post_sightings WHERE snapshot_id = ANY(:snapshot_ids)
""")

FIND_POSTS = text(f"""
INSERT INTO matching_posts
SELECT {_POST}, seen.snapshot_id
FROM (SELECT platform, post_id, min(snapshot_id) AS snapshot_id FROM matching_seen GROUP BY platform, post_id) AS seen
JOIN raw_posts USING (platform, post_id)
""")  # noqa: S608

# Only what an index leads to is read: the planner, which does not know how few posts of millions are one creator's,
# would rather read a whole table.
BY_INDEX = text("""
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true)
""")
HASHING = text("SELECT set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)")

# Every post that is matched to one of these creators, or may be once it is looked at: by the names under which the
# author was ever seen, by a mention, by the feed. `names` sees to what is remembered.
FIND_POSTS_OF_CREATORS = text(f"""
INSERT INTO matching_posts
WITH profile AS MATERIALIZED (
    SELECT DISTINCT platform, profile_key, handle, platform_user_id
    FROM creator_profiles
    WHERE creator_id = ANY(:creator_ids) AND platform = ANY(:platforms)
), author AS MATERIALIZED (
    SELECT seen.platform, seen.author_key, seen.author_id, seen.author_handle
    FROM profile JOIN seen_authors AS seen
      ON seen.platform = profile.platform AND seen.author_key = profile.profile_key
  UNION
    SELECT seen.platform, seen.author_key, seen.author_id, seen.author_handle
    FROM profile JOIN seen_authors AS seen
      ON seen.platform = profile.platform AND seen.author_id = profile.platform_user_id AND seen.author_id <> ''
  UNION
    SELECT seen.platform, seen.author_key, seen.author_id, seen.author_handle
    FROM profile JOIN seen_authors AS seen
      ON seen.platform = profile.platform AND seen.author_handle = profile.handle AND seen.author_handle <> ''
), concerned AS MATERIALIZED (
    SELECT platform, post_id
    FROM creator_content
    WHERE creator_id = ANY(:creator_ids) AND platform = ANY(:platforms)
  UNION
    SELECT post.platform, post.post_id
    FROM (SELECT DISTINCT platform, author_key FROM author WHERE author_key <> '') AS named
    JOIN raw_posts AS post ON post.platform = named.platform AND post.author_key = named.author_key
  UNION
    SELECT post.platform, post.post_id
    FROM author JOIN raw_posts AS post
      ON post.platform = author.platform AND post.author_key IS NULL
     AND (post.author_id = nullif(author.author_id, '') OR post.author_handle = nullif(author.author_handle, ''))
    WHERE author.author_key = ''
  UNION
    SELECT seen.platform, seen.post_id
    FROM profile JOIN seen_mentions AS seen
      ON seen.platform = profile.platform AND seen.profile_key = profile.profile_key
  UNION
    SELECT sighting.platform, sighting.post_id
    FROM profile
    JOIN seen_feeds AS seen ON seen.platform = profile.platform AND seen.feed_key = profile.profile_key
    JOIN post_sightings AS sighting
      ON sighting.snapshot_id = seen.snapshot_id
     AND sighting.platform = seen.platform AND sighting.feed_key = seen.feed_key
)
SELECT {_POST}, snapshot_id
FROM concerned
JOIN raw_posts USING (platform, post_id)
""")  # noqa: S608

ANALYZE_SEEN = text("ANALYZE matching_seen")
ANALYZE_POSTS = text("ANALYZE matching_posts")
DROP_SEEN = text("DROP TABLE matching_seen")
