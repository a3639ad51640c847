"""The fact that somebody was forgotten: enough to know them again, not enough to say who they were."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, Text, false, text
from sqlalchemy.dialects.postgresql import JSONB

from scrape_assets.storage.schema.base import NOW, Moment, metadata

forgotten = Table(
    "forgotten",
    metadata,
    Column("identity_hash", Text, primary_key=True),  # HMAC-SHA-256 under SCRAPE_ASSETS_PRIVACY_KEY, hex
    Column("subject_hash", Text, nullable=False),  # of what was asked for: one creator has many identities
    Column("kind", Text, nullable=False),
    Column("platform", Text, nullable=False),  # '' for a creator's own id
    Column("without_id", Boolean, nullable=False, server_default=false()),  # it counts where no stable id is given
    Column("key_id", Text, nullable=False),  # which key: the beginning of a hash of it
    Column("forgotten_at", Moment, nullable=False, server_default=NOW),
    Column("forgotten_by", Text, nullable=False),
    Column("removed", JSONB, nullable=False, server_default=text("'{}'::jsonb")),  # rows and records, by where they lay
    CheckConstraint("kind IN ('creator', 'author', 'post')", name="kind"),
    Index(None, "platform"),
)
