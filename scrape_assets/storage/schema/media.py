"""Attachments of matched posts, and how far those of a snapshot have been taken."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, SmallInteger, Table, Text, text

from scrape_assets.storage.schema.base import NOW, Moment, metadata

media_files = Table(
    "media_files",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("post_id", Text, primary_key=True),
    Column("url_key", Text, primary_key=True),  # which file: a hash of the address without its signature
    Column("url", Text, nullable=False),  # as the newest observation gave it
    Column("position", SmallInteger, nullable=False),  # in the post, from 1
    Column("kind", Text, nullable=False),  # image, video, audio, as the source says
    Column("status", Text, nullable=False, server_default="waiting"),
    Column("reason", Text),  # refused, expired, failed: why; waiting: what went wrong at the last attempt
    Column("sha256", Text),  # of the bytes; equal files of many posts are one
    Column("mime_type", Text),  # by the first bytes
    Column("bytes", BigInteger),
    Column("width", Integer),  # pixels, of pictures, as they are shown
    Column("height", Integer),
    Column("uri", Text),
    Column("thumbnail_uri", Text),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("next_attempt_at", Moment),  # null unless it waits
    Column("expires_at", Moment),  # as far as the address says so
    Column("snapshot_id", Text, nullable=False),  # that brought this address
    Column("found_at", Moment, nullable=False, server_default=NOW),
    Column("fetched_at", Moment),
    CheckConstraint("status IN ('waiting', 'stored', 'refused', 'expired', 'failed')", name="status"),
    Index(None, "platform", "url_key"),
    Index(None, "snapshot_id"),
    Index("media_files_sha256_idx", "sha256", postgresql_where=text("sha256 IS NOT NULL")),
    Index("media_files_fetched_idx", "fetched_at", postgresql_where=text("fetched_at IS NOT NULL")),
)

media_snapshots = Table(
    "media_snapshots",
    metadata,
    Column("snapshot_id", Text, primary_key=True),
    Column("planned_at", Moment),  # when its attachments were last listed; null: a run is asked for
    Column("next_attempt_at", Moment),  # the earliest of those that wait; null: none does
    Column("requested_until", Moment),  # a run that will take them is already asked for
    Column("lease_owner", Text),  # the run that takes them now
    Column("leased_until", Moment),
)
