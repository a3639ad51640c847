"""Whose a post is: of a snapshot when it is loaded, of a creator when a profile has changed.

`snapshots` and `creators` are the two ways in; which posts they look at is said in `posts_sql`, which matches hold of
them in `holding_sql`, what is learnt of names on the way in `names`.
"""

from scrape_assets.storage.matching.reports import MatchReport, UnmatchedAuthor
from scrape_assets.storage.matching.snapshots import match_snapshot, match_snapshots

__all__ = ["MatchReport", "UnmatchedAuthor", "match_snapshot", "match_snapshots"]
