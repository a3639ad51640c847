"""Who may be whom: suggestions for a person to accept or reject. Nothing is matched by them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, ForeignKey, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from scrape_assets.storage.schema.base import Moment, metadata

creator_suggestions = Table(
    "creator_suggestions",
    metadata,
    Column("suggestion_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),  # profile: an author may be a creator's; same_person: two creators may be one
    Column("creator_id", Text, ForeignKey("creators.creator_id", ondelete="CASCADE"), nullable=False),
    Column("other_creator_id", Text, ForeignKey("creators.creator_id", ondelete="CASCADE")),  # same_person
    Column("platform", Text, nullable=False, server_default=""),  # profile, as the next
    Column("author_key", Text, nullable=False, server_default=""),
    Column("author_id", Text),
    Column("author_handle", Text),
    Column("author_name", Text),
    Column("author_url", Text),
    Column("score", Double, nullable=False),  # 0 to 1
    Column("reasons", JSONB, nullable=False),  # sentences for the person who decides
    Column("status", Text, nullable=False, server_default="open"),
    Column("suggested_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Text),
    CheckConstraint("kind IN ('profile', 'same_person')", name="kind"),
    CheckConstraint("status IN ('open', 'accepted', 'rejected')", name="status"),
    # A pair is suggested once: what was rejected stays so.
    Index(
        "creator_suggestions_profile_key", "creator_id", "platform", "author_key",
        unique=True, postgresql_where=text("kind = 'profile'"),
    ),
    Index(
        "creator_suggestions_same_person_key", "creator_id", "other_creator_id",
        unique=True, postgresql_where=text("kind = 'same_person'"),
    ),
    Index("creator_suggestions_status_idx", "status", "score", "suggestion_id"),
)  # fmt: skip
