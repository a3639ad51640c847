"""What the HTTP API remembers: requests that are done once, and who wrote what."""

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from scrape_assets.storage.schema.base import NOW, Moment, metadata

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),  # a hash of what was sent
    Column("job_ids", ARRAY(Text), nullable=False),  # that were written for it
    Column("created_at", Moment, nullable=False),
    Index(None, "created_at"),
)

api_writes = Table(
    "api_writes",
    metadata,
    Column("write_id", BigInteger, Identity(), primary_key=True),
    Column("written_at", Moment, nullable=False, server_default=NOW),
    Column("caller", Text, nullable=False),  # the beginning of the token's hash, and the address
    Column("action", Text, nullable=False),  # scrape, retry, cancel, replay, cron, recovery, webhook
    Column("subjects", ARRAY(Text), nullable=False),  # job or snapshot ids, the first hundred
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index(None, "written_at"),
)
