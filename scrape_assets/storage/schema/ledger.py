"""What was asked for and what happened: jobs, snapshots, their history, every call."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from scrape_assets.storage.schema.base import NOW, Moment, metadata

# When it became due, with a head start by its priority: `HEAD_START` in ledger/jobs/records.py says the same in Python.
# By way of UTC, because only what depends on no time zone may be generated.
PLACE = """(
    (coalesce(due_since, next_attempt_at) AT TIME ZONE 'utc')
    - CASE priority WHEN 'high' THEN interval '6 hours' WHEN 'low' THEN interval '-6 hours' ELSE interval '0' END
) AT TIME ZONE 'utc'"""

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
    Column("max_attempts", Integer, nullable=False, server_default="12"),  # over all classes; see ledger/retries.py
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
    Column("failures", JSONB, nullable=False, server_default=text("'{}'::jsonb")),  # attempts spent, by error class
    Column("request_key", Text),  # what is asked for, whoever is asked: equal keys ask for the same
    Column("due_since", Moment),  # put off through no fault of its own: its turn counts from then
    Column("place", Moment, Computed(PLACE, persisted=True), nullable=False),  # in the queue: the earliest goes first
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
    Index(
        "scrape_jobs_pending_idx", "platform", "place", "next_attempt_at",
        postgresql_where=text("status = 'pending'"),
    ),
    Index("scrape_jobs_processing_idx", "leased_until", postgresql_where=text("status = 'processing'")),
    Index(None, "snapshot_id"),
    Index(
        "scrape_jobs_request_idx", "request_key", "finished_at", postgresql_where=text("request_key IS NOT NULL")
    ),
    Index("scrape_jobs_created_idx", "created_at", "job_id"),
    Index("scrape_jobs_status_idx", "status", "created_at", "job_id"),
    Index("scrape_jobs_target_idx", "target_id", "created_at"),
    Index("scrape_jobs_counted_idx", "platform", "status"),
    Index("scrape_jobs_dead_idx", "finished_at", postgresql_where=text("status IN ('failed', 'dead')")),
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
    # In the order sent, [{"job_id", "url", "input": {what the source was given}}]; equal inputs were sent as one
    Column("inputs", JSONB, nullable=False),
    Column("creator_urls", ARRAY(Text), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),  # of processing
    Column("max_attempts", Integer, nullable=False, server_default="12"),  # over all classes; see ledger/retries.py
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
    Column("payload_uri", Text),  # null: nothing was fetched yet, or it was removed at payload_removed_at
    Column("payload_bytes", BigInteger),
    Column("payload_rows", BigInteger),
    Column("payload_sha256", Text),
    Column("payload_generation", SmallInteger, nullable=False, server_default="1"),
    Column("cost_usd", Numeric(12, 6)),  # of what was delivered
    Column("estimated_usd", Numeric(12, 6)),  # reserved with the intent, until the cost is known
    Column("failures", JSONB, nullable=False, server_default=text("'{}'::jsonb")),  # attempts spent, by error class
    Column("recovered_at", Moment),  # found in the vendor's list, unknown to us until then
    Column("webhook_token", Text),  # stands in the address that the vendor calls; unguessable
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
    Column("rows_forgotten", Integer),  # of people who were forgotten: left out
    Column("payload_removed_at", Moment),  # by retention; payload_uri is null from then on
    Column("payload_copy", Text),  # folder of a copy: of a move that is begun, or not yet cleaned up after
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
        "snapshots_webhook_key", "webhook_token", unique=True, postgresql_where=text("webhook_token IS NOT NULL")
    ),
    Index(
        "snapshots_open_idx", "status", "next_check_at",
        postgresql_where=text("status IN ('triggering', 'unknown', 'pending', 'running', 'ready', 'processing')"),
    ),
    Index(None, "platform", "collection_date"),
    Index(None, "created_at"),
    Index(
        "snapshots_processed_idx", "source", "platform", "created_at",
        postgresql_where=text("processed_at IS NOT NULL"),
    ),
    Index("snapshots_dead_idx", "created_at", postgresql_where=text("status IN ('failed', 'dead', 'expired')")),
    Index("snapshots_counted_idx", "platform", "status"),
    Index(
        "snapshots_unread_idx", "expires_at",
        postgresql_where=text("payload_uri IS NULL AND processed_at IS NULL AND vendor_snapshot_id IS NOT NULL"),
    ),
)  # fmt: skip

state_changes = Table(
    "state_changes",
    metadata,
    # Written by triggers on both tables, so that a change made by hand is noted as well.
    Column("change_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),  # job, snapshot
    Column("subject_id", Text, nullable=False),
    Column("changed_at", Moment, nullable=False, server_default=text("clock_timestamp()")),
    Column("from_status", Text, nullable=False),
    Column("to_status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),  # spent by then
    Column("error_class", Text),
    Column("error", Text),
    Column("snapshot_id", Text),  # that served the job then
    Column("run_id", Text),
    Column("owner", Text),  # who held it
    Index(None, "subject_id"),
)

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
