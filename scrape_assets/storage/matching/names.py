"""Under which names authors were seen, and what follows: a user id that is learnt, a new name that is recorded.

Never by likeness. A user id is learnt where one account, and no other, was ever seen under exactly a creator's
profile; a change of name where one user id is seen under one name, and in later posts under another. A new name that
is another creator's profile is noted and left to people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

MOST_CHANGES = 10  # of one profile's name in one matching; more come with the next

# Longer names than any profile can have are not remembered: an entry of an index ends at 2,704 bytes.
_REMEMBER_AUTHORS = text("""
INSERT INTO seen_authors AS known
SELECT platform, coalesce(author_key, ''), coalesce(author_id, ''), coalesce(author_handle, ''),
       min(collected_at), max(collected_at), max(posted_at)
FROM matching_posts
WHERE coalesce(author_key, author_id, author_handle) IS NOT NULL
  AND octet_length(concat(author_key, author_id, author_handle)) < 2500
GROUP BY 1, 2, 3, 4
ON CONFLICT (platform, author_key, author_id, author_handle) DO UPDATE SET
    first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
    last_posted_at = greatest(known.last_posted_at, excluded.last_posted_at)
WHERE excluded.first_seen_at < known.first_seen_at
   OR excluded.last_seen_at > known.last_seen_at
   OR excluded.last_posted_at > known.last_posted_at
""")

_REMEMBER_FEEDS = text("""
INSERT INTO seen_feeds
SELECT DISTINCT platform, feed_key, snapshot_id
FROM post_sightings
WHERE snapshot_id = ANY(:snapshot_ids) AND feed_key <> '' AND octet_length(feed_key) < 2000
ON CONFLICT DO NOTHING
""")

_REMEMBER_MENTIONS = text("""
INSERT INTO seen_mentions
SELECT DISTINCT platform, profile_key, post_id
FROM matching_posts
CROSS JOIN unnest(mentions) AS mention (profile_key)
WHERE profile_key <> '' AND octet_length(profile_key) + octet_length(post_id) < 2500
ON CONFLICT DO NOTHING
""")

# What is written from here on is no news to the rematch, except where it is asked for below.
_UNNOTICED = text("SELECT set_config('scrape_assets.matching', :switch, true)")


def _seen_in(whose: str) -> str:
    """The snapshot, of those matched now, in which an account that a row names was seen."""
    return f"""(
    SELECT min(post.snapshot_id)
    FROM matching_posts AS post
    WHERE post.platform = {whose}.platform AND post.author_id = {whose}.platform_user_id
)"""  # noqa: S608


# Not where the profile is somebody's only for a time (a user id is for ever), not where another creator ever had the
# name, and not where another creator is known by the same account. Rows that an import is writing are left for the next
# matching: who waits for nobody is part of no deadlock.
_LEARN = text(f"""
WITH learnable AS (
    SELECT profile.profile_id, profile.creator_id, profile.platform, profile.profile_key,
           min(seen.author_id) AS author_id
    FROM (SELECT DISTINCT platform, author_key FROM matching_posts WHERE author_id IS NOT NULL) AS here
    JOIN creator_profiles AS profile
      ON profile.platform = here.platform AND profile.profile_key = here.author_key
     AND profile.platform_user_id IS NULL AND profile.valid_from IS NULL AND profile.valid_to IS NULL
    JOIN seen_authors AS seen
      ON seen.platform = profile.platform AND seen.author_key = profile.profile_key AND seen.author_id <> ''
    GROUP BY profile.profile_id
    HAVING count(DISTINCT seen.author_id) = 1
), free AS (
    SELECT profile_id FROM creator_profiles JOIN learnable USING (profile_id) FOR UPDATE OF creator_profiles SKIP LOCKED
), learnt AS (
    UPDATE creator_profiles AS profile
    SET platform_user_id = learnable.author_id
    FROM learnable JOIN free USING (profile_id)
    WHERE profile.profile_id = learnable.profile_id
      AND NOT EXISTS (
        SELECT
        FROM creator_profiles AS other
        WHERE other.platform = learnable.platform AND other.creator_id <> learnable.creator_id
          AND (other.profile_key = learnable.profile_key OR other.platform_user_id = learnable.author_id)
      )
      AND NOT EXISTS (
        SELECT
        FROM seen_authors AS elsewhere
        JOIN creator_profiles AS other
          ON other.platform = elsewhere.platform AND other.profile_key = elsewhere.author_key
        WHERE elsewhere.platform = learnable.platform AND elsewhere.author_id = learnable.author_id
          AND elsewhere.author_id <> '' AND other.creator_id <> learnable.creator_id
      )
    RETURNING profile.creator_id, profile.platform, profile.profile_key, profile.platform_user_id
), asked AS (
    -- The account wrote under other names as well: those posts, wherever they are, are the creator's too.
    INSERT INTO rematch_requests (creator_id, platform)
    SELECT DISTINCT creator_id, platform
    FROM learnt
    WHERE EXISTS (
        SELECT
        FROM seen_authors AS elsewhere
        WHERE elsewhere.platform = learnt.platform AND elsewhere.author_id = learnt.platform_user_id
          AND elsewhere.author_id <> '' AND elsewhere.author_key <> learnt.profile_key
    )
)
SELECT {_seen_in("learnt")} FROM learnt
""")  # noqa: S608

# Only where the handle is another: a platform may name one account by two addresses, and nobody has changed a name.
_CHANGES = """
WITH here AS (
    SELECT DISTINCT platform, author_id FROM matching_posts WHERE author_id IS NOT NULL
), named AS (
    SELECT profile.profile_id, profile.creator_id, profile.platform, profile.profile_key, profile.profile_url,
           max(former.author_handle) AS handle, profile.platform_user_id, profile.valid_from,
           max(former.last_posted_at) AS last_posted_at
    FROM here
    JOIN creator_profiles AS profile
      ON profile.platform = here.platform AND profile.platform_user_id = here.author_id AND profile.valid_to IS NULL
    JOIN seen_authors AS former
      ON former.platform = profile.platform AND former.author_key = profile.profile_key
     AND former.author_id = profile.platform_user_id AND former.author_handle <> ''
     AND former.author_handle = coalesce(profile.handle, former.author_handle)
    WHERE NOT EXISTS (
        SELECT
        FROM creator_profiles AS other
        WHERE other.platform = profile.platform AND other.platform_user_id = profile.platform_user_id
          AND other.creator_id <> profile.creator_id
    )
    GROUP BY profile.profile_id
), changed AS (
    SELECT named.*, seen.author_key AS new_key, seen.author_handle AS new_handle, first.posted_at AS changed_at,
           first.author_url AS new_url
    FROM named
    JOIN seen_authors AS seen
      ON seen.platform = named.platform AND seen.author_id = named.platform_user_id AND seen.author_id <> ''
     AND seen.author_key <> '' AND seen.author_handle <> '' AND seen.author_handle <> named.handle
     AND seen.last_posted_at > named.last_posted_at
    CROSS JOIN LATERAL (
        SELECT post.posted_at, post.author_url
        FROM raw_posts AS post
        WHERE post.platform = seen.platform AND post.author_key = seen.author_key
          AND post.author_id = seen.author_id AND post.author_handle = seen.author_handle
          AND post.posted_at > named.last_posted_at
          AND (named.valid_from IS NULL OR post.posted_at > named.valid_from)
        ORDER BY post.posted_at
        LIMIT 1
    ) AS first
    -- who has both names on the list already has said all there is to say
    WHERE NOT EXISTS (
        SELECT
        FROM creator_profiles AS own
        WHERE own.platform = named.platform AND own.profile_key = seen.author_key AND own.valid_to IS NULL
          AND own.creator_id = named.creator_id AND own.profile_id <> named.profile_id
    )
), judged AS (
    SELECT changed.*, (
        SELECT min(other.creator_id)
        FROM creator_profiles AS other
        WHERE other.platform = changed.platform AND other.profile_key = changed.new_key
          AND other.creator_id <> changed.creator_id
          AND (other.valid_to IS NULL OR other.valid_to > changed.changed_at)
    ) AS taken_by
    FROM changed
    WHERE NOT EXISTS (  -- what was recorded once and put right by a person stays as the person left it
        SELECT
        FROM handle_changes AS known
        WHERE known.platform = changed.platform AND known.creator_id = changed.creator_id
          AND known.former_key = changed.profile_key AND known.new_key = changed.new_key
          AND known.new_handle = changed.new_handle AND known.changed_at = changed.changed_at
          AND known.outcome = 'recorded'
    )
)"""

_RECORD_CHANGES = text(f"""{_CHANGES}, one_each AS (
    SELECT DISTINCT ON (platform, new_key) *
    FROM (
        SELECT DISTINCT ON (profile_id) *
        FROM judged
        WHERE taken_by IS NULL
        ORDER BY profile_id, changed_at, new_key
    ) AS next_name
    ORDER BY platform, new_key, changed_at, profile_id
), free AS (
    SELECT profile_id FROM creator_profiles JOIN one_each USING (profile_id) FOR UPDATE OF creator_profiles SKIP LOCKED
), ended AS (
    UPDATE creator_profiles AS profile
    SET valid_to = one_each.changed_at
    FROM one_each JOIN free USING (profile_id)
    WHERE profile.profile_id = one_each.profile_id
    RETURNING one_each.*
), renamed AS (
    INSERT INTO creator_profiles
        (creator_id, platform, profile_url, profile_key, handle, platform_user_id, valid_from)
    SELECT creator_id, platform, coalesce(new_url, replace(profile_url, profile_key, new_key)), new_key, new_handle,
           platform_user_id, changed_at
    FROM ended
), asked AS (
    INSERT INTO rematch_requests (creator_id, platform)
    SELECT creator_id, platform FROM ended
)
INSERT INTO handle_changes
    (platform, creator_id, platform_user_id, former_key, new_key, new_handle, changed_at, outcome, noted_at)
SELECT platform, creator_id, platform_user_id, profile_key, new_key, new_handle, changed_at, 'recorded', :now
FROM ended
ON CONFLICT ON CONSTRAINT handle_changes_once DO UPDATE SET
    outcome = excluded.outcome, taken_by = NULL, noted_at = excluded.noted_at
RETURNING platform, creator_id, former_key, new_key, changed_at, taken_by, {_seen_in("handle_changes")}
""")  # noqa: S608

_NOTE_TAKEN = text(f"""{_CHANGES}
INSERT INTO handle_changes
    (platform, creator_id, platform_user_id, former_key, new_key, new_handle, changed_at, outcome, taken_by, noted_at)
SELECT platform, creator_id, platform_user_id, profile_key, new_key, new_handle, changed_at, 'taken', taken_by, :now
FROM judged
WHERE taken_by IS NOT NULL
ON CONFLICT DO NOTHING
RETURNING platform, creator_id, former_key, new_key, changed_at, taken_by, {_seen_in("handle_changes")}
""")  # noqa: S608


@dataclass(frozen=True)
class NewName:
    """An account of a creator is seen under another name."""

    platform: str
    creator_id: str
    former_key: str
    new_key: str
    changed_at: datetime  # the first post seen under the new name
    taken_by: str | None  # the other creator whose profile the new name is; nothing was recorded then
    seen_in: str  # the first snapshot, of those matched now, with a post of the account


@dataclass(frozen=True)
class NamesReport:
    """What matching has learnt of names. Told once: the same seen again is no news."""

    learnt_in: tuple[
        str, ...
    ]  # for each user id learnt, the first snapshot, of those matched now, in which it was seen
    new_names: tuple[NewName, ...]

    @property
    def ids_learnt(self) -> int:
        """How many user ids."""
        return len(self.learnt_in)

    def of(self, snapshot_id: str) -> "NamesReport":
        """What one snapshot has taught."""
        return NamesReport(
            learnt_in=tuple(one for one in self.learnt_in if one == snapshot_id),
            new_names=tuple(name for name in self.new_names if name.seen_in == snapshot_id),
        )


def remember(conn: Connection, snapshot_ids: Sequence[str]) -> None:
    """Remember whom what lies in `matching_posts` was written by and mentions, and where it was found."""
    conn.execute(_REMEMBER_AUTHORS)
    conn.execute(_REMEMBER_FEEDS, {"snapshot_ids": list(snapshot_ids)})
    conn.execute(_REMEMBER_MENTIONS)


def learn(conn: Connection, now: datetime) -> NamesReport:
    """Learn user ids, and record changes of name, of the creators who wrote what lies in `matching_posts`."""
    conn.execute(_UNNOTICED, {"switch": "on"})
    learnt_in = tuple(conn.execute(_LEARN).scalars())
    names: list[NewName] = []
    for _ in range(MOST_CHANGES):
        found = [NewName(*row) for row in conn.execute(_RECORD_CHANGES, {"now": now})]
        if not found:
            break
        names += found
    names += [NewName(*row) for row in conn.execute(_NOTE_TAKEN, {"now": now})]
    conn.execute(_UNNOTICED, {"switch": "off"})
    return NamesReport(learnt_in, tuple(names))
