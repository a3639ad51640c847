"""What matching remembers of what it has seen, so that one creator is matched again without reading every post.

Small tables of distinct rows, written by the matching of a snapshot and never by the loader. They only say where to
look: whether a post is a creator's is always judged by the post itself.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from scrape_assets.storage.schema.base import NOW, Moment, metadata
from scrape_assets.storage.schema.targets import creator_profiles

seen_authors = Table(
    "seen_authors",
    metadata,
    Column("platform", Text, primary_key=True),
    # As in raw_posts; '' where the source did not say, because a key holds no null.
    Column("author_key", Text, primary_key=True),
    Column("author_id", Text, primary_key=True),
    Column("author_handle", Text, primary_key=True),
    Column("first_seen_at", Moment, nullable=False),  # when the source looked, first and last
    Column("last_seen_at", Moment, nullable=False),
    # of the newest post ever seen under this name; without its time, that of its collection
    Column("last_posted_at", Moment, nullable=False),
    Index("seen_authors_id_idx", "platform", "author_id", postgresql_where=text("author_id <> ''")),
    Index("seen_authors_handle_idx", "platform", "author_handle", postgresql_where=text("author_handle <> ''")),
)

seen_feeds = Table(
    "seen_feeds",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("feed_key", Text, primary_key=True),
    Column("snapshot_id", Text, primary_key=True),  # its sightings name the posts
)

seen_mentions = Table(
    "seen_mentions",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("profile_key", Text, primary_key=True),
    Column("post_id", Text, primary_key=True),
)

handle_changes = Table(
    "handle_changes",
    metadata,
    Column("change_id", BigInteger, Identity(), primary_key=True),
    Column("platform", Text, nullable=False),
    Column("creator_id", Text, nullable=False),
    Column("platform_user_id", Text, nullable=False),  # by which both names are known to be one account
    Column("former_key", Text, nullable=False),
    Column("new_key", Text, nullable=False),
    Column("new_handle", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),  # the first post seen under the new name
    Column("outcome", Text, nullable=False),
    Column("taken_by", Text),  # the creator whose profile the new name is
    Column("noted_at", Moment, nullable=False),
    CheckConstraint("outcome IN ('recorded', 'taken')", name="outcome"),
    UniqueConstraint(
        "platform", "creator_id", "former_key", "new_key", "new_handle", "changed_at", name="handle_changes_once"
    ),
)

rematch_requests = Table(
    "rematch_requests",
    metadata,
    # A row a change, written by triggers on creator_profiles and taken out by the rematch that has seen the change.
    # Not a time on the creator: two changes at once would have to wait for each other, or one would be missed.
    Column("request_id", BigInteger, Identity(), primary_key=True),
    Column("creator_id", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("noted_at", Moment, nullable=False, server_default=NOW),
    Index(None, "creator_id"),
)

rematched_snapshots = Table(
    "rematched_snapshots",
    metadata,
    Column("snapshot_id", Text, primary_key=True),
    Column("rematched_at", Moment, nullable=False),
    Column("posts", Integer, nullable=False),  # of it, whose matches are others now, since it was last shown
    Column("written", Integer, nullable=False),  # matches
    Column("removed", Integer, nullable=False),
    Column("shown", Boolean, nullable=False, server_default=false()),  # whether its partition shows it
    Index("rematched_snapshots_unshown_idx", "rematched_at", postgresql_where=text("NOT shown")),
)

# Whoever empties all tables must empty the profiles first: a trigger notes each that goes.
creator_profiles.add_is_dependent_on(rematch_requests)
