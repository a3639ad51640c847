"""Who is tagged by the record itself, among all whom a post mentions: the role `tagged`.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"

# Without a default no row is written again. Null until a payload is read again, see docs/data.md.
COLUMN = "ALTER TABLE raw_posts ADD COLUMN tagged TEXT[]"


def _engagement(row: str) -> str:
    """As in migration 0008."""
    given = [f"{row}.{count}" for count in ("like_count", "comment_count", "share_count", "save_count")]
    added = " + ".join(f"coalesce({count}, 0)" for count in given)
    return f"CASE WHEN num_nonnulls({', '.join(given)}) > 0 THEN {added} END"


# Replaced and not dropped, so that what others have granted on it or built upon it stays: so the column comes last.
POSTS_WITH_CREATOR = f"""
CREATE OR REPLACE VIEW posts_with_creator AS
SELECT post.platform, post.post_id, belongs.creator_id, creator.name AS creator_name, belongs.role, belongs.method,
       belongs.confidence, post.url, post.kind, post.author_key, post.author_handle, post.author_id, post.author_name,
       post.author_url, post.title, post.text, post.language, post.posted_at, post.collected_at, post.hashtags,
       post.mentions, post.media, post.like_count, post.comment_count, post.share_count, post.view_count,
       post.save_count, {_engagement("post")} AS engagement, post.reposted_from, post.reply_to, post.quote_of,
       post.latitude, post.longitude, post.snapshot_id, post.tagged
FROM raw_posts AS post
LEFT JOIN creator_content AS belongs ON belongs.platform = post.platform AND belongs.post_id = post.post_id
LEFT JOIN creators AS creator ON creator.creator_id = belongs.creator_id
"""  # noqa: S608

COMMENTS = """
COMMENT ON COLUMN posts_with_creator.mentions IS 'Identity keys of all profiles tagged or named';
COMMENT ON COLUMN posts_with_creator.tagged IS 'Those of mentions whom the record itself marks; null: none, or not told'
"""


def upgrade() -> None:
    """Add the column, and show it in the view."""
    connection = op.get_bind()
    for statement in (COLUMN, POSTS_WITH_CREATOR, COMMENTS):
        connection.exec_driver_sql(statement)
