"""What a day came to, for each creator and each event.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"

CHANGES = """
CREATE TABLE creator_activity (
    activity_date DATE NOT NULL,
    creator_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    posts INTEGER NOT NULL,
    reposts INTEGER NOT NULL,
    mentioned INTEGER NOT NULL,
    like_count BIGINT,
    comment_count BIGINT,
    share_count BIGINT,
    view_count BIGINT,
    save_count BIGINT,
    engagement BIGINT,
    reach BIGINT,
    trailing_posts DOUBLE PRECISION NOT NULL,
    trailing_engagement DOUBLE PRECISION,
    growth DOUBLE PRECISION,
    computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT creator_activity_pkey PRIMARY KEY (activity_date, creator_id, platform),
    CONSTRAINT creator_activity_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES creators (creator_id)
);

CREATE TABLE event_coverage (
    coverage_date DATE NOT NULL,
    event_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    posts INTEGER NOT NULL,
    authors INTEGER NOT NULL,
    creators INTEGER NOT NULL,
    languages JSONB NOT NULL,
    media JSONB NOT NULL,
    jobs_asked INTEGER NOT NULL,
    jobs_completed INTEGER NOT NULL,
    jobs_failed INTEGER NOT NULL,
    posts_found BIGINT,
    computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT event_coverage_pkey PRIMARY KEY (coverage_date, event_id, platform),
    CONSTRAINT event_coverage_event_id_fkey FOREIGN KEY (event_id) REFERENCES events (event_id)
);
"""


def upgrade() -> None:
    """Add the tables."""
    op.get_bind().exec_driver_sql(CHANGES)
