"""What is known of each source: pace, breaker, what it asked us to remember."""

from sqlalchemy import Boolean, Column, Double, Integer, Table, Text, false
from sqlalchemy.dialects.postgresql import ARRAY

from scrape_assets.storage.schema.base import NOW, Moment, metadata

source_state = Table(
    "source_state",
    metadata,
    # One row a lane: what a source limits together. "" in platform: the source as a whole.
    Column("source", Text, primary_key=True),
    Column("platform", Text, primary_key=True, server_default=""),
    Column("credential", Text, primary_key=True, server_default=""),  # a key's fingerprint, or the server asked
    # Pace
    Column("next_free_at", Moment),  # GCRA's theoretical arrival time
    Column("pace", Double, nullable=False, server_default="1"),  # share of the configured rate, after throttling
    Column("pace_at", Moment),  # when that share was last changed
    Column("in_flight", ARRAY(Moment), nullable=False, server_default="{}"),  # calls under way: each counts until then
    Column("throttled_at", ARRAY(Moment), nullable=False, server_default="{}"),  # the latest answers of 429
    Column("blocked_until", Moment),
    Column("error_class", Text),  # why it is blocked
    Column("error", Text),
    # Breaker
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("openings", Integer, nullable=False, server_default="0"),  # in a row, without a good probe between
    Column("open_until", Moment),  # null: closed; past: half open, the next call is the probe
    Column("open_why", Text),
    Column("dry", Boolean, nullable=False, server_default=false()),  # opened because collections brought nothing
    Column("probing_until", Moment),  # a probe is under way
    Column("updated_at", Moment, nullable=False, server_default=NOW),
)

source_memory = Table(
    "source_memory",
    metadata,
    Column("source", Text, primary_key=True),
    Column("target_key", Text, primary_key=True),
    Column("remembered", Text, nullable=False),  # the source's own words, such as a feed's ETag
    Column("updated_at", Moment, nullable=False, server_default=NOW),
)
