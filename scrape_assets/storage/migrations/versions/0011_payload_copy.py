"""Where a second copy of a payload lies while it moves to the archive, so that a killed move is finished or undone.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.get_bind().exec_driver_sql("ALTER TABLE snapshots ADD COLUMN payload_copy TEXT")
