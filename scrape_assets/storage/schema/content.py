"""What came: posts, their counts over time, who and what they belong to, what was rejected."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from scrape_assets.storage.schema.base import NOW, Moment, metadata

raw_posts = Table(
    "raw_posts",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("post_id", Text, primary_key=True),
    Column("url", Text),
    Column("kind", Text, nullable=False),
    Column("author_key", Text),
    Column("author_handle", Text),
    Column("author_id", Text),
    Column("author_name", Text),
    Column("author_url", Text),
    Column("title", Text),
    Column("text", Text),
    Column("posted_at", Moment),
    Column("collected_at", Moment, nullable=False),
    Column("hashtags", ARRAY(Text)),
    Column("mentions", ARRAY(Text)),  # identity keys of all who are tagged or named
    Column("tagged", ARRAY(Text)),  # those of them whom the record itself marks
    Column("media", JSONB),
    Column("like_count", BigInteger),
    Column("comment_count", BigInteger),
    Column("share_count", BigInteger),
    Column("view_count", BigInteger),
    Column("save_count", BigInteger),
    Column("reposted_from", Text),  # post_id of the original, as the next two
    Column("reply_to", Text),
    Column("quote_of", Text),
    Column("language", Text),  # BCP 47
    Column("latitude", Double),  # of the place the post names, WGS 84
    Column("longitude", Double),
    Column("repairs", ARRAY(Text)),
    Column("snapshot_id", Text, nullable=False),
    Column("payload_uri", Text, nullable=False),
    Column("payload_row", Integer, nullable=False),  # from 1
    Column("mapping_version", SmallInteger, nullable=False),
    Column("first_seen_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    Index(None, "platform", "author_key"),
    Index(None, "posted_at"),
)

post_metrics = Table(
    "post_metrics",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("post_id", Text, primary_key=True),
    Column("observed_at", Moment, primary_key=True),
    Column("like_count", BigInteger),
    Column("comment_count", BigInteger),
    Column("share_count", BigInteger),
    Column("view_count", BigInteger),
    Column("save_count", BigInteger),
    Column("snapshot_id", Text, nullable=False),
)

post_sightings = Table(
    "post_sightings",
    metadata,
    # No key: a post that a payload holds twice is seen twice. To look for each would cost the loader more than the
    # rows do; who counts posts counts distinct ones.
    Column("platform", Text, nullable=False),
    Column("post_id", Text, nullable=False),
    Column("feed_key", Text, nullable=False),  # whose feed it was found in; '' when the source named none
    Column("snapshot_id", Text, nullable=False),
    Index(None, "platform", "post_id"),
    Index(None, "snapshot_id"),
)

creator_content = Table(
    "creator_content",
    metadata,
    Column("creator_id", Text, ForeignKey("creators.creator_id"), primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("post_id", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("method", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("snapshot_id", Text, nullable=False),
    Column("matched_at", Moment, nullable=False, server_default=NOW),
    CheckConstraint("role IN ('author', 'reposter', 'tagged', 'mentioned', 'found_in_feed')", name="role"),
    Index(None, "platform", "post_id"),
    Index(None, "snapshot_id"),
)

event_posts = Table(
    "event_posts",
    metadata,
    Column("event_id", Text, ForeignKey("events.event_id"), primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("post_id", Text, primary_key=True),
    Column("snapshot_id", Text, nullable=False),
    Column("matched_by", Text, nullable=False),  # "keyword: rust, #rustlang", "search" (the source's word for it)
    Column("matched_at", Moment, nullable=False, server_default=NOW),
    Index(None, "platform", "post_id"),
    Index(None, "snapshot_id"),
)

rejected_rows = Table(
    "rejected_rows",
    metadata,
    Column("snapshot_id", Text, primary_key=True),
    Column("row_number", Integer, primary_key=True),  # from 1, over all parts of the payload
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("code", Text),
    Column("input_url", Text),
    Column("payload_uri", Text, nullable=False),
)
