"""From which columns of other assets a column is made. What the columns mean stands in `columns`; no asset lies here.

Only what is worth knowing: a column that tells of its own row alone, such as when it was written, has no entry. Every
name is checked against the tables by a test. Dagster's open-source UI keeps this metadata and draws nothing of it, so
`columns` says the same in words.
"""

from collections.abc import Mapping

import dagster as dg


def _lineage(made_from: Mapping[str, str]) -> dg.TableColumnLineage:
    """By column: "asset.column asset.column"."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(*origin.split(".")) for origin in origins.split()]
            for column, origins in made_from.items()
        }
    )


def in_words(lineage: dg.TableColumnLineage, column: str) -> str | None:
    """Where a column comes from, as its description says it: "from raw_posts.kind, creators.handle"."""
    origins = lineage.deps_by_column.get(column, ())
    if not origins:
        return None
    return "from " + ", ".join(f"{origin.asset_key.to_user_string()}.{origin.column_name}" for origin in origins)


_COUNTS = ("like_count", "comment_count", "share_count", "view_count", "save_count")
_AUTHOR = "raw_posts.author_key raw_posts.author_id raw_posts.author_handle"
_PROFILE = "creators.profile_key creators.platform_user_id creators.handle creators.valid_from creators.valid_to"
_ENGAGEMENT = " ".join(f"raw_posts.{count}" for count in _COUNTS if count != "view_count")
_OWN_POSTS = "raw_posts.posted_at creator_content.role creator_content.post_id"

SNAPSHOTS = _lineage(
    {
        **{column: f"collections.{column}" for column in ("source", "platform", "collection_date")},
        "creator_urls": "collections.profile_url",
        "inputs": "collections.profile_url collections.search_params",
    }
)

# All else comes out of the payload.
RAW_POSTS = _lineage({column: f"snapshots.{column}" for column in ("platform", "snapshot_id", "payload_uri")})

CREATOR_CONTENT = _lineage(
    {
        "creator_id": f"creators.creator_id {_PROFILE} {_AUTHOR} raw_posts.mentions raw_posts.posted_at",
        **{column: f"raw_posts.{column}" for column in ("platform", "post_id", "snapshot_id")},
        "role": "raw_posts.kind raw_posts.mentions raw_posts.tagged",
        "method": f"{_PROFILE} {_AUTHOR}",
        "confidence": f"{_PROFILE} {_AUTHOR}",
    }
)

MEDIA_FILES = _lineage(
    {
        **{column: f"creator_content.{column} raw_posts.{column}" for column in ("platform", "post_id")},
        **dict.fromkeys(("url", "url_key", "position", "kind"), "raw_posts.media"),
    }
)

CREATOR_ACTIVITY = _lineage(
    {
        "activity_date": "raw_posts.posted_at",
        **{column: f"creator_content.{column}" for column in ("creator_id", "platform")},
        **dict.fromkeys(("posts", "reposts", "mentioned", "trailing_posts"), _OWN_POSTS),
        **{count: f"raw_posts.{count} {_OWN_POSTS}" for count in _COUNTS},
        "reach": f"raw_posts.view_count {_OWN_POSTS}",
        **dict.fromkeys(("engagement", "trailing_engagement", "growth"), f"{_ENGAGEMENT} {_OWN_POSTS}"),
    }
)

EVENT_COVERAGE = _lineage(
    {
        "coverage_date": "raw_posts.posted_at collections.collection_date",
        "event_id": "events.event_id",
        "platform": "raw_posts.platform collections.platform",
        "posts": "raw_posts.post_id raw_posts.posted_at",
        "authors": _AUTHOR,
        "creators": "creator_content.creator_id creator_content.role",
        "languages": "raw_posts.language",
        "media": "raw_posts.media",
        **dict.fromkeys(
            ("jobs_asked", "jobs_completed", "jobs_failed"),
            "collections.target_id collections.target_kind collections.collection_date collections.status",
        ),
        "posts_found": "collections.posts_found",
    }
)
