"""What a day came to, for each creator and each event, by platform. Computed from the other tables."""

from sqlalchemy import BigInteger, Column, Date, Double, ForeignKey, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from scrape_assets.storage.schema.base import Moment, metadata

creator_activity = Table(
    "creator_activity",
    metadata,
    Column("activity_date", Date, primary_key=True),  # UTC, of posting
    Column("creator_id", Text, ForeignKey("creators.creator_id"), primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("posts", Integer, nullable=False),  # as author
    Column("reposts", Integer, nullable=False),  # as reposter
    Column("mentioned", Integer, nullable=False),  # posts, whoever wrote them, that mention or tag the creator
    Column("like_count", BigInteger),  # sums of the newest known counts; null: no source said
    Column("comment_count", BigInteger),
    Column("share_count", BigInteger),
    Column("view_count", BigInteger),
    Column("save_count", BigInteger),
    Column("engagement", BigInteger),  # likes, comments, shares and saves, of those that are known
    Column("reach", BigInteger),  # views
    Column("trailing_posts", Double, nullable=False),  # a day, mean of the 28 days before
    Column("trailing_engagement", Double),
    Column("growth", Double),  # engagement against trailing_engagement: 0.5 is half as much again
    Column("computed_at", Moment, nullable=False),  # since when the figures are these
)

event_coverage = Table(
    "event_coverage",
    metadata,
    Column("coverage_date", Date, primary_key=True),  # UTC; of posting, and of collection for the jobs
    Column("event_id", Text, ForeignKey("events.event_id"), primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("posts", Integer, nullable=False),
    Column("authors", Integer, nullable=False),  # whoever they are
    Column("creators", Integer, nullable=False),  # of the followed ones
    Column("languages", JSONB, nullable=False),  # {language: posts}; what no source said is left out
    Column("media", JSONB, nullable=False),  # {kind: posts with at least one}
    Column("jobs_asked", Integer, nullable=False),
    Column("jobs_completed", Integer, nullable=False),
    Column("jobs_failed", Integer, nullable=False),
    Column("posts_found", BigInteger),  # by those jobs, whenever posted; null: none has ended
    Column("computed_at", Moment, nullable=False),
)
