"""Events and their posts; where direct sources stand; what else a post says.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"

CHANGES = """
ALTER TABLE raw_posts
    ADD COLUMN reply_to TEXT,
    ADD COLUMN quote_of TEXT,
    ADD COLUMN language TEXT,
    ADD COLUMN latitude DOUBLE PRECISION,
    ADD COLUMN longitude DOUBLE PRECISION;

ALTER TABLE scrape_jobs
    ADD COLUMN honoured JSONB,
    ADD COLUMN progress JSONB;

ALTER TABLE snapshots ADD COLUMN coverage JSONB;

CREATE TABLE events (
    event_id TEXT NOT NULL,
    name TEXT NOT NULL,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    radius_km DOUBLE PRECISION,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    keywords TEXT[] DEFAULT '{}' NOT NULL,
    platforms TEXT[] DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (event_id),
    CONSTRAINT events_period_check CHECK (starts_at < ends_at),
    CONSTRAINT events_place_check CHECK (
        num_nonnulls(latitude, longitude, radius_km) IN (0, 3)
        AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180 AND radius_km > 0
    )
);

CREATE TABLE event_posts (
    event_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    post_id TEXT NOT NULL,
    snapshot_id TEXT NOT NULL,
    matched_by TEXT NOT NULL,
    matched_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT event_posts_pkey PRIMARY KEY (event_id, platform, post_id),
    CONSTRAINT event_posts_event_id_fkey FOREIGN KEY (event_id) REFERENCES events (event_id)
);

CREATE INDEX event_posts_platform_post_id_idx ON event_posts (platform, post_id);

CREATE INDEX event_posts_snapshot_id_idx ON event_posts (snapshot_id);

CREATE TABLE source_state (
    source TEXT NOT NULL,
    credential TEXT DEFAULT '' NOT NULL,
    blocked_until TIMESTAMP WITH TIME ZONE,
    error_class TEXT,
    error TEXT,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT source_state_pkey PRIMARY KEY (source, credential)
);

CREATE TABLE source_memory (
    source TEXT NOT NULL,
    target_key TEXT NOT NULL,
    remembered TEXT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT source_memory_pkey PRIMARY KEY (source, target_key)
);
"""


def upgrade() -> None:
    """Add the tables and columns."""
    op.get_bind().exec_driver_sql(CHANGES)
