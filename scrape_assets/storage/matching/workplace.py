"""The temporary tables in which posts and their matches lie while they are matched."""

from sqlalchemy import Connection

from scrape_assets.storage.matching import holding_sql, posts_sql


def create_workplace(conn: Connection) -> None:
    """Make the temporary tables in which the posts and their matches lie. They go with the transaction."""
    conn.execute(posts_sql.CREATE_POSTS)
    conn.execute(holding_sql.CREATE_HOLDING)


def find_matches(conn: Connection) -> None:
    """Find every match that holds of the posts that lie in `matching_posts`, whosever they are."""
    conn.execute(holding_sql.FIND_AUTHORS)
    conn.execute(holding_sql.ANALYZE_HOLDING)
    conn.execute(holding_sql.FIND_MENTIONED)
    conn.execute(holding_sql.FIND_IN_FEEDS)
    conn.execute(holding_sql.ANALYZE_HOLDING)
