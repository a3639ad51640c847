"""Sightings need no key: to check it cost the loader more than the rows themselves.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Put a plain index in the place of the key's."""
    op.get_bind().exec_driver_sql("""
        ALTER TABLE post_sightings DROP CONSTRAINT post_sightings_pkey;
        CREATE INDEX post_sightings_platform_post_id_idx ON post_sightings (platform, post_id);
    """)
