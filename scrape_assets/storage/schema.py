"""The tables, as SQLAlchemy Core. Migrations create them; a test keeps the two in step. No queries here."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
    }
)

Moment = DateTime(timezone=True)
NOW = text("now()")

creators = Table(
    "creators",
    metadata,
    Column("creator_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
)

creator_profiles = Table(
    "creator_profiles",
    metadata,
    Column("profile_id", BigInteger, Identity(), primary_key=True),
    Column("creator_id", Text, ForeignKey("creators.creator_id"), nullable=False),
    Column("platform", Text, nullable=False),
    Column("profile_url", Text, nullable=False),  # canonical
    Column("profile_key", Text, nullable=False),  # canonical identity key, e.g. "in/jane-doe"
    Column("handle", Text),
    Column("platform_user_id", Text),
    Column("valid_from", Moment),  # null: since ever
    Column("valid_to", Moment),  # null: still valid
    Index(
        "creator_profiles_current_key",
        "platform",
        "profile_key",
        unique=True,
        postgresql_where=text("valid_to IS NULL"),
    ),
    Index(None, "creator_id"),
    Index(None, "platform", "platform_user_id"),
)

scrape_jobs = Table(
    "scrape_jobs",
    metadata,
    Column("job_id", Text, primary_key=True, server_default=text("gen_random_uuid()::text")),
    Column("target_kind", Text, nullable=False, server_default="creator"),
    Column("target_id", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("source", Text),  # null: the platform's first configured source
    Column("search_params", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("priority", Text, nullable=False, server_default="normal"),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False, server_default="5"),
    Column("next_attempt_at", Moment, nullable=False, server_default=NOW),
    Column("snapshot_id", Text),  # the snapshot that serves it, from the moment the intent is written
    Column("run_id", Text),
    Column("posts_found", Integer),
    Column("error_class", Text),
    Column("error", Text),
    Column("warning", Text),  # completed, but the source said something worth reading
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    # 'collection': made by the collections asset, once a day and profile; 'request': asked for by anybody.
    Column("origin", Text, nullable=False, server_default="request"),
    Column("collection_date", Date, nullable=False, server_default=text("(now() AT TIME ZONE 'utc')::date")),
    Column("profile_url", Text),  # which of the target's profiles; null until planned
    Column("round", SmallInteger, nullable=False, server_default="1"),  # a forced repeat adds one
    Column("leased_until", Moment),
    Column("lease_owner", Text),
    Column("requested_until", Moment),  # a run that will claim it is already asked for
    Column("honoured", JSONB),  # what the source does of the job's wishes: {"timeRange": "at the source", …}
    Column("progress", JSONB),  # where a direct source goes on: {"source": …, "cursor": …}
    CheckConstraint("target_kind IN ('creator', 'event')", name="target_kind"),
    CheckConstraint("priority IN ('high', 'normal', 'low')", name="priority"),
    CheckConstraint("origin IN ('collection', 'request')", name="origin"),
    CheckConstraint(
        "status IN ('pending', 'processing', 'completed', 'failed', 'dead', 'canceled')", name="status"
    ),
    Index(
        "scrape_jobs_collection_key",
        "platform", "target_kind", "target_id", text("coalesce(profile_url, '')"), "collection_date", "round",
        unique=True,
        postgresql_where=text("origin = 'collection'"),
    ),
    Index("scrape_jobs_pending_idx", "platform", "next_attempt_at", postgresql_where=text("status = 'pending'")),
    Index("scrape_jobs_processing_idx", "leased_until", postgresql_where=text("status = 'processing'")),
    Index(None, "snapshot_id"),
)  # fmt: skip

snapshots = Table(
    "snapshots",
    metadata,
    Column("snapshot_id", Text, primary_key=True),  # ours, given with the intent; the vendor's is below
    Column("source", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("dataset_id", Text),
    Column("vendor_snapshot_id", Text),
    Column("partition_key", Text, nullable=False),
    Column("collection_date", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("trigger_params", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    # In the order sent: [{"job_id", "url", "input": {what the source was given}}]
    Column("inputs", JSONB, nullable=False),
    Column("creator_urls", ARRAY(Text), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),  # of processing
    Column("max_attempts", Integer, nullable=False, server_default="5"),
    Column("checks", Integer, nullable=False, server_default="0"),  # times the source was asked about it
    Column("next_check_at", Moment),  # unknown, pending, running: when to ask; ready: when to process
    Column("vendor_status", Text),  # the source's own last word, verbatim
    Column("vendor_records", BigInteger),  # how many records the source says it has
    Column("vendor_errors", BigInteger),
    Column("posts_retrieved", Integer),
    Column("posts_matched", Integer),  # of them, to at least one creator
    Column("rows_rejected", Integer),
    Column("coverage", JSONB),  # how many posts gave each field, and which keys the records had: see `Coverage`
    Column("error_class", Text),
    Column("error", Text),
    Column("payload_uri", Text),
    Column("payload_bytes", BigInteger),
    Column("payload_rows", BigInteger),
    Column("payload_sha256", Text),
    Column("payload_generation", SmallInteger, nullable=False, server_default="1"),
    Column("cost_usd", Numeric(12, 6)),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("triggered_at", Moment),  # the source accepted it
    Column("ready_at", Moment),
    Column("downloaded_at", Moment),
    Column("loaded_at", Moment),
    Column("matched_at", Moment),
    Column("processed_at", Moment),
    Column("expires_at", Moment),
    Column("run_id", Text),
    Column("leased_until", Moment),
    Column("lease_owner", Text),
    Column("requested_until", Moment),  # a run that will claim it is already asked for
    CheckConstraint(
        "status IN ('triggering', 'unknown', 'pending', 'running', 'ready', 'processing', 'processed',"
        " 'failed', 'dead', 'expired', 'canceled')",
        name="status",
    ),
    UniqueConstraint("partition_key"),
    Index(
        "snapshots_vendor_key", "source", "vendor_snapshot_id", unique=True,
        postgresql_where=text("vendor_snapshot_id IS NOT NULL"),
    ),
    Index(
        "snapshots_open_idx", "status", "next_check_at",
        postgresql_where=text("status IN ('triggering', 'unknown', 'pending', 'running', 'ready', 'processing')"),
    ),
    Index(None, "platform", "collection_date"),
)  # fmt: skip

scrape_attempts = Table(
    "scrape_attempts",
    metadata,
    Column("attempt_id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column(
        "operation", Text, nullable=False
    ),  # trigger, progress, list, input, parts, download, cancel, log, check_key
    Column("snapshot_id", Text),
    Column("method", Text, nullable=False),
    Column("url", Text, nullable=False),  # redacted
    Column("status_code", Integer),  # null: no answer
    Column("error_class", Text),
    Column("error", Text),
    Column("bytes_received", BigInteger),
    Column("started_at", Moment, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("run_id", Text),
    Index(None, "snapshot_id"),
    Index(None, "started_at"),
)

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
    Column("mentions", ARRAY(Text)),
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

events = Table(
    "events",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("latitude", Double),  # WGS 84; with the two next, or none of the three
    Column("longitude", Double),
    Column("radius_km", Double),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("keywords", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("platforms", ARRAY(Text), nullable=False, server_default=text("'{}'")),  # empty: all that can search
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    CheckConstraint("starts_at < ends_at", name="period"),
    CheckConstraint(
        "num_nonnulls(latitude, longitude, radius_km) IN (0, 3)"
        " AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180 AND radius_km > 0",
        name="place",
    ),
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

source_state = Table(
    "source_state",
    metadata,
    Column("source", Text, primary_key=True),
    Column("credential", Text, primary_key=True, server_default=""),
    Column("blocked_until", Moment),
    Column("error_class", Text),
    Column("error", Text),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
)

source_memory = Table(
    "source_memory",
    metadata,
    Column("source", Text, primary_key=True),
    Column("target_key", Text, primary_key=True),
    Column("remembered", Text, nullable=False),  # the source's own words, such as a feed's ETag
    Column("updated_at", Moment, nullable=False, server_default=NOW),
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
