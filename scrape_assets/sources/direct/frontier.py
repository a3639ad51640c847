"""When a listing, newest first, has been read far enough. Nothing is fetched."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from scrape_assets.sources.direct.source import Known


class Seen(NamedTuple):
    """What a page says of one of its posts."""

    post_id: str
    posted_at: datetime | None
    in_order: bool = True  # False for what stands outside the order of time: pinned posts, reposts of old ones


def far_enough(page: Sequence[Seen], start: datetime, known: Known) -> bool:
    """Whether nothing wanted can follow a page: all its posts are older than the start, or need no second look.

    A whole page must agree, not one post: listings are in the order of ids or of arrival, which differs by minutes
    from the order of posting. Posts out of order say nothing; a page of nothing else says nothing.
    """
    telling = [seen for seen in page if seen.in_order]
    newer = [seen for seen in telling if seen.posted_at is None or seen.posted_at >= start]
    if not telling:
        return False
    return not newer or known([seen.post_id for seen in newer]) >= {seen.post_id for seen in newer}
