"""The column schemas that the UI shows, read from the tables themselves, with a line for those that need one.

Where a column comes from another asset's, its line says so: see `column_lineage`.
"""

import dagster as dg
import sqlalchemy as sa

from scrape_assets.assets import column_lineage
from scrape_assets.storage import schema

DESCRIPTIONS = {
    "platform": "where the post was published",
    "post_id": "the platform's own id",
    "author_key": "identity key of the author's profile, e.g. in/jane-doe; joins creator_profiles.profile_key",
    "posted_at": "when it was published, UTC; checked against the time inside the id where there is one",
    "collected_at": "when the source looked, UTC",
    "like_count": "null when the source did not say; never zero for missing",
    "comment_count": "null when the source did not say",
    "share_count": "null when the source did not say",
    "view_count": "null when the source did not say",
    "save_count": "null when the source did not say",
    "mentions": "identity keys of the profiles tagged or named in it",
    "tagged": "those of mentions whom the platform's own record marks, beyond the text",
    "feed_key": "what was asked for when it was found: a profile's identity key, or search:…",
    "reply_to": "post_id of the post that it answers",
    "quote_of": "post_id of the post that it quotes",
    "reposted_from": "post_id of the original",
    "language": "as the source names it",
    "honoured": "where each wish of the job is honoured: at the source, after collection, or not",
    "progress": "where a direct source goes on",
    "source": "who served it",
    "repairs": "what the mapping corrected or set aside in this record",
    "snapshot_id": "the snapshot that delivered this observation",
    "payload_uri": "the payload that holds the raw record",
    "payload_row": "its row there, from 1",
    "mapping_version": "the version of the mapping that read it",
    "role": "author, reposter, tagged, mentioned or found_in_feed",
    "method": "how the match was made, from platform_user_id (surest) to feed_input",
    "confidence": "0 to 1, by method",
    "reposts": "in role reposter; posts are those in role author",
    "mentioned": "posts, whoever wrote them, that mention or tag the creator",
    "engagement": "likes, comments, shares and saves, of those that are known; null when no source said any",
    "reach": "views; null when no source said",
    "trailing_posts": "a day, mean of the 28 days before",
    "trailing_engagement": "a day, mean of the 28 days before; null when no source said any",
    "growth": "engagement against trailing_engagement: 0.5 is half as much again; null when there is none to compare",
    "jobs_asked": "for the event, collected on that day; without those called off",
    "posts_found": "by the jobs of that day, whenever posted; null when none has ended",
    "computed_at": "since when the figures are these",
    "url_key": "which file: a hash of the address without its signature, so that a new signature is no new file",
    "mime_type": "by its first bytes",
    "sha256": "of the bytes; equal files of many posts are one in the store",
    "reason": "why it is not stored; or why there is no thumbnail",
    "expires_at": "until when it is good, as far as that is known",
    "status": "its state in the ledger",
    "cost_usd": "what the delivered records cost; null when no price is configured",
}


def column_schema(table: sa.Table, lineage: dg.TableColumnLineage | None = None) -> dg.TableSchema:
    """A table's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=str(column.type).lower(),
                description=_description(column.name, lineage),
                constraints=dg.TableColumnConstraints(nullable=bool(column.nullable), unique=False),
            )
            for column in table.columns
        ]
    )


def _description(column: str, lineage: dg.TableColumnLineage | None) -> str | None:
    origin = column_lineage.in_words(lineage, column) if lineage else None
    return "; ".join(filter(None, (DESCRIPTIONS.get(column), origin))) or None


SNAPSHOTS = column_schema(schema.snapshots, column_lineage.SNAPSHOTS)
RAW_POSTS = column_schema(schema.raw_posts, column_lineage.RAW_POSTS)
CREATOR_CONTENT = column_schema(schema.creator_content, column_lineage.CREATOR_CONTENT)
CREATORS = column_schema(schema.creator_profiles)
JOBS = column_schema(schema.scrape_jobs)
EVENTS = column_schema(schema.events)
CREATOR_ACTIVITY = column_schema(schema.creator_activity, column_lineage.CREATOR_ACTIVITY)
SUGGESTIONS = column_schema(schema.creator_suggestions)
MEDIA_FILES = column_schema(schema.media_files, column_lineage.MEDIA_FILES)
EVENT_COVERAGE = column_schema(schema.event_coverage, column_lineage.EVENT_COVERAGE)
