"""The way from an asset in Dagster's UI to its rows: a statement to paste, for each asset that has a table.

Given to the assets where they are wired (build.py), so that an asset's own module says what it makes and no more.
"""

import dagster as dg

QUERIES = {
    "creators": "SELECT c.creator_id, c.name, p.platform, p.profile_url\n"
    "FROM creators AS c JOIN creator_profiles AS p USING (creator_id)\n"
    "WHERE p.valid_to IS NULL\nORDER BY c.name, p.platform;",
    "creator_suggestions": "SELECT * FROM creator_suggestions ORDER BY score DESC LIMIT 50;",
    "events": "SELECT event_id, name, starts_at, ends_at, keywords FROM events ORDER BY starts_at DESC;",
    "collections": "SELECT platform, status, count(*) AS jobs, sum(posts_found) AS posts, max(error) AS an_error\n"
    "FROM scrape_jobs\nWHERE collection_date = current_date\nGROUP BY platform, status\nORDER BY platform, status;",
    "snapshots": "SELECT snapshot_id, status, posts_retrieved, rows_rejected, cost_usd, error\n"
    "FROM snapshots\nORDER BY created_at DESC\nLIMIT 50;",
    "raw_posts": "SELECT platform, posted_at, author_name, text, url\n"
    "FROM raw_posts\nORDER BY collected_at DESC\nLIMIT 50;",
    "creator_content": "SELECT posted_at, creator_name, role, platform, engagement, text, url\n"
    "FROM posts_with_creator\nWHERE creator_id IS NOT NULL\nORDER BY posted_at DESC NULLS LAST\nLIMIT 50;",
    "media_files": "SELECT platform, post_id, mime_type, bytes, uri\n"
    "FROM media_files\nORDER BY fetched_at DESC\nLIMIT 50;",
    "creator_activity": "SELECT month, creator_name, platform, posts, engagement, reach\n"
    "FROM creator_months\nORDER BY month DESC, engagement DESC NULLS LAST\nLIMIT 50;",
    "event_coverage": "SELECT coverage_date, event_id, platform, posts, authors, jobs_asked, posts_found\n"
    "FROM event_coverage\nORDER BY coverage_date DESC, posts DESC\nLIMIT 50;",
}


def with_its_query(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The same asset, with the statement that shows its rows among what the UI says of it."""
    query = QUERIES.get(spec.key.to_user_string())
    if query is None:
        return spec
    shown = dg.MetadataValue.md(f"```sql\n{query}\n```\n`scrape-assets database psql` runs it; views: docs/reading.md.")
    return spec.merge_attributes(metadata={"its_rows": shown})
