"""Who and what is followed."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, ForeignKey, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from scrape_assets.storage.schema.base import NOW, Moment, metadata

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
    # So that matching looks each name up although nobody has counted the table yet: without these it compared every
    # mention with every profile until PostgreSQL had, a hundred times as long.
    Index(None, "platform", "profile_key"),
    Index(None, "platform", "handle"),
    Index(None, "creator_id"),
    Index(None, "platform", "platform_user_id"),
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
