"""Attachments of matched posts: what was downloaded, what was refused, what still waits.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"

CHANGES = """
CREATE TABLE media_files (
    platform TEXT NOT NULL,
    post_id TEXT NOT NULL,
    url_key TEXT NOT NULL,
    url TEXT NOT NULL,
    position SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT DEFAULT 'waiting' NOT NULL,
    reason TEXT,
    sha256 TEXT,
    mime_type TEXT,
    bytes BIGINT,
    width INTEGER,
    height INTEGER,
    uri TEXT,
    thumbnail_uri TEXT,
    attempts SMALLINT DEFAULT '0' NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    snapshot_id TEXT NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT media_files_pkey PRIMARY KEY (platform, post_id, url_key),
    CONSTRAINT media_files_status_check CHECK (status IN ('waiting', 'stored', 'refused', 'expired', 'failed'))
);

CREATE INDEX media_files_platform_url_key_idx ON media_files (platform, url_key);
CREATE INDEX media_files_snapshot_id_idx ON media_files (snapshot_id);
CREATE INDEX media_files_sha256_idx ON media_files (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX media_files_fetched_idx ON media_files (fetched_at) WHERE fetched_at IS NOT NULL;

CREATE TABLE media_snapshots (
    snapshot_id TEXT NOT NULL,
    planned_at TIMESTAMP WITH TIME ZONE,
    next_attempt_at TIMESTAMP WITH TIME ZONE,
    requested_until TIMESTAMP WITH TIME ZONE,
    lease_owner TEXT,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT media_snapshots_pkey PRIMARY KEY (snapshot_id)
);
"""


def upgrade() -> None:
    """Add the tables."""
    op.get_bind().exec_driver_sql(CHANGES)
