"""Which of a snapshot's posts belong to an event, and by what: set-based, from the tables alone.

Where a source answers loosely, or cannot be asked for something, the posts themselves are looked at here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from scrape_assets.posts.search import Search


@dataclass(frozen=True)
class EventSearch:
    """What one job has asked for, and what is left to be checked here."""

    event_id: str
    feed_keys: Sequence[str]  # under which its finds are attributed
    search: Search
    starts_at: datetime
    ends_at: datetime
    check_keywords: bool  # a post without any of the keywords is none of the event's
    check_time: bool
    check_place: bool


# A tag holds no spaces: "Rust Conf" is found as #RustConf.
_ADD = text("""
WITH seen AS (
    SELECT DISTINCT platform, post_id
    FROM post_sightings
    WHERE snapshot_id = :snapshot_id AND feed_key = ANY(:feed_keys)
), found AS (
    SELECT post.platform, post.post_id,
           (
               SELECT string_agg(word, ', ' ORDER BY place)
               FROM unnest(CAST(:keywords AS text[])) WITH ORDINALITY AS keyword (word, place)
               WHERE strpos(lower(concat_ws(' ', post.title, post.text)), lower(word)) > 0
                  OR replace(lower(ltrim(word, '#')), ' ', '') IN (SELECT lower(unnest(post.hashtags)))
           ) AS words
    FROM seen
    JOIN raw_posts AS post USING (platform, post_id)
    WHERE (NOT :check_time OR post.posted_at >= :starts_at AND post.posted_at < :ends_at)
      -- Most posts name no place: only what is known to lie elsewhere is left out. Great circle, in km.
      AND (
          NOT :check_place OR post.latitude IS NULL OR post.longitude IS NULL
          OR 12742 * asin(sqrt(least(1,
              power(sin(radians(post.latitude - :latitude) / 2), 2)
              + cos(radians(post.latitude)) * cos(radians(:latitude))
              * power(sin(radians(post.longitude - :longitude) / 2), 2)
          ))) <= :radius_km
      )
), hits AS (
    SELECT * FROM found WHERE words IS NOT NULL OR NOT :check_keywords
), gone AS (
    DELETE FROM event_posts AS old
    WHERE old.event_id = :event_id AND old.snapshot_id = :snapshot_id
      AND (old.platform, old.post_id) NOT IN (SELECT platform, post_id FROM hits)
)
INSERT INTO event_posts (event_id, platform, post_id, snapshot_id, matched_by, matched_at)
SELECT :event_id, platform, post_id, :snapshot_id, coalesce('keyword: ' || words, 'search'), :now
FROM hits
ON CONFLICT (event_id, platform, post_id) DO UPDATE SET
    matched_by = excluded.matched_by, snapshot_id = excluded.snapshot_id, matched_at = excluded.matched_at
WHERE event_posts.matched_by <> excluded.matched_by
""")

_COUNT = text("SELECT count(*) FROM event_posts WHERE event_id = :event_id AND snapshot_id = :snapshot_id")


def match_event(conn: Connection, snapshot_id: str, wanted: EventSearch, now: datetime) -> int:
    """Write the event's posts among those of a snapshot, and give how many the event has from it.

    Matching again changes nothing, unless the event or the posts are others.
    """
    place = wanted.search.place
    names = {
        "snapshot_id": snapshot_id,
        "event_id": wanted.event_id,
        "feed_keys": list(wanted.feed_keys),
        "keywords": list(wanted.search.keywords),
        "check_keywords": wanted.check_keywords,
        "check_time": wanted.check_time,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "check_place": wanted.check_place and place is not None,
        "latitude": place.latitude if place else 0.0,
        "longitude": place.longitude if place else 0.0,
        "radius_km": place.radius_km if place else 0.0,
        "now": now,
    }
    conn.execute(_ADD, names)
    return int(conn.execute(_COUNT, names).scalar_one())
