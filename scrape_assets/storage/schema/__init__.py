"""The tables, as SQLAlchemy Core. Migrations create them; a test keeps the two in step. No queries here."""

from scrape_assets.storage.schema.activity import creator_activity, event_coverage
from scrape_assets.storage.schema.api import api_writes, idempotency_keys
from scrape_assets.storage.schema.base import metadata
from scrape_assets.storage.schema.content import (
    creator_content,
    event_posts,
    post_metrics,
    post_sightings,
    raw_posts,
    rejected_rows,
)
from scrape_assets.storage.schema.forgetting import forgotten
from scrape_assets.storage.schema.identities import (
    handle_changes,
    rematch_requests,
    rematched_snapshots,
    seen_authors,
    seen_feeds,
    seen_mentions,
)
from scrape_assets.storage.schema.ledger import (
    scrape_attempts,
    scrape_jobs,
    snapshots,
    state_changes,
)
from scrape_assets.storage.schema.media import media_files, media_snapshots
from scrape_assets.storage.schema.sources import source_memory, source_state
from scrape_assets.storage.schema.suggestions import creator_suggestions
from scrape_assets.storage.schema.targets import creator_profiles, creators, events

__all__ = [
    "api_writes",
    "creator_activity",
    "creator_content",
    "creator_profiles",
    "creator_suggestions",
    "creators",
    "event_coverage",
    "event_posts",
    "events",
    "forgotten",
    "handle_changes",
    "idempotency_keys",
    "media_files",
    "media_snapshots",
    "metadata",
    "post_metrics",
    "post_sightings",
    "raw_posts",
    "rejected_rows",
    "rematch_requests",
    "rematched_snapshots",
    "scrape_attempts",
    "scrape_jobs",
    "seen_authors",
    "seen_feeds",
    "seen_mentions",
    "snapshots",
    "source_memory",
    "source_state",
    "state_changes",
]
