"""A small world to read from: a creator who wrote, one who is mentioned, a stranger, an event, two observations."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets_tests.storage.invented import COLLECTED, LATER, Loading, row

JANE = {"author_key": "in/jane-doe", "author_id": "41", "author_handle": "jane-doe", "author_name": "Jane Doe"}
OTTO = {"author_key": "in/otto", "author_id": "42", "author_handle": "otto", "author_name": "Otto Ode"}

PEOPLE = """
INSERT INTO creators (creator_id, name) VALUES ('jane', 'Jane Doe'), ('ada', 'Ada Ohm');
INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle, platform_user_id)
VALUES ('jane', 'linkedin', 'https://www.linkedin.com/in/jane-doe', 'in/jane-doe', 'jane-doe', '41'),
       ('ada', 'linkedin', 'https://www.linkedin.com/in/ada', 'in/ada', 'ada', NULL);
INSERT INTO events (event_id, name, starts_at, ends_at, keywords)
VALUES ('fair', 'The fair', '2026-10-19', '2026-10-22', '{fair}');
"""
BELONGS = """
INSERT INTO creator_content (creator_id, platform, post_id, role, method, confidence, snapshot_id)
VALUES ('jane', 'linkedin', 'p1', 'author', 'platform_user_id', 1, 's1'),
       ('ada', 'linkedin', 'p1', 'tagged', 'mention', 0.9, 's1'),
       ('jane', 'linkedin', 'p2', 'author', 'platform_user_id', 1, 's1');
INSERT INTO event_posts (event_id, platform, post_id, snapshot_id, matched_by)
VALUES ('fair', 'linkedin', 'p1', 's1', 'keyword: fair'), ('fair', 'linkedin', 'p3', 's1', 'keyword: fair');
INSERT INTO creator_activity (activity_date, creator_id, platform, posts, reposts, mentioned, like_count, engagement,
                              trailing_posts, computed_at)
VALUES ('2026-10-20', 'jane', 'linkedin', 2, 0, 0, 12, 14, 0, '2026-11-03'),
       ('2026-10-21', 'jane', 'linkedin', 0, 1, 0, NULL, NULL, 0.5, '2026-11-03'),
       ('2026-11-01', 'jane', 'linkedin', 1, 0, 0, 1, 1, 0.5, '2026-11-03');
"""

FIRST = (
    row("p1", **JANE, text="At the fair with @Ada, see https://fair.example/jane", mentions=["in/ada"],
        tagged=["in/ada"], url="https://l/p1", like_count=10, comment_count=2, hashtags=["fair"],
        media='[{"type": "image", "url": "https://m/jane.png"}]'),
    row("p2", **JANE, text="Write to jane@doe.example"),
    row("p3", **OTTO, text="The fair!", like_count=0, view_count=7),
)  # fmt: skip


def people(engine: Engine) -> None:
    """The people and the event, nothing posted."""
    with engine.begin() as conn:
        conn.execute(sa.text(PEOPLE))


def fill(loading: Loading) -> None:
    """Everything."""
    people(loading.engine)
    loading.load("s1", *FIRST)
    loading.load("s2", row("p1", **JANE, collected_at=LATER, like_count=15, comment_count=1, share_count=3))
    with loading.engine.begin() as conn:
        conn.execute(sa.text(BELONGS.replace(":", "\\:")))


__all__ = ["COLLECTED", "FIRST", "JANE", "LATER", "OTTO", "fill", "people"]
