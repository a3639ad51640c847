"""What days came to, computed: again, in ranges, in other sessions, after corrections."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.storage.activity import compute_activity, compute_coverage
from scrape_assets_tests.storage.posted import DAY, Posted

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
ALL = "SELECT * FROM creator_activity ORDER BY activity_date, creator_id, platform"
WITHOUT_TIME = "SELECT (to_jsonb(one) - 'computed_at')::text FROM creator_activity AS one ORDER BY 1"


@pytest.fixture
def posted(db: Engine) -> Posted:
    """The small world."""
    world = Posted(db)
    world.people()
    return world


def compute(posted: Posted, first: date = DAY, last: date = DAY, now: datetime = NOON) -> Any:
    with posted.engine.begin() as conn:
        return compute_activity(conn, first, last, now)


def test_computing_again_changes_nothing_not_even_the_time(posted: Posted) -> None:
    before = compute(posted), posted.rows(ALL)

    again = compute(posted, now=NOON + timedelta(days=1))

    assert posted.rows(ALL) == before[1]
    assert (again.written, again.removed, again.days) == (0, 0, before[0].days)


def test_a_correction_changes_its_own_row_and_what_no_longer_holds_is_gone(posted: Posted) -> None:
    compute(posted)
    later = NOON + timedelta(days=1)
    with posted.engine.begin() as conn:
        conn.execute(sa.text("UPDATE raw_posts SET like_count = 11 WHERE post_id = 'first'"))
        conn.execute(sa.text("DELETE FROM creator_content WHERE creator_id = 'chidi'"))

    computed = compute(posted, now=later)

    assert (computed.written, computed.removed) == (1, 1)
    assert posted.rows("SELECT creator_id, platform, engagement, computed_at FROM creator_activity ORDER BY 1, 2") == [
        ("ada", "linkedin", 18, later),
        ("ada", "x", None, NOON),
        ("bram", "linkedin", None, NOON),
    ]


def test_a_range_comes_to_the_same_as_its_days_one_by_one_backwards(posted: Posted) -> None:
    first, last = DAY - timedelta(days=29), DAY + timedelta(days=28)
    compute(posted, first, last)
    at_once = posted.rows(WITHOUT_TIME)
    with posted.engine.begin() as conn:
        conn.execute(sa.text("DELETE FROM creator_activity"))

    for number in range((last - first).days, -1, -7):
        day = first + timedelta(days=number)
        compute(posted, max(day - timedelta(days=6), first), day)

    assert posted.rows(WITHOUT_TIME) == at_once
    assert len(at_once) == 8


def test_other_days_are_left_alone(posted: Posted) -> None:
    compute(posted, DAY + timedelta(days=1), DAY + timedelta(days=1))
    with posted.engine.begin() as conn:
        conn.execute(sa.text("DELETE FROM creator_content"))

    assert compute(posted).removed == 0

    assert posted.rows("SELECT activity_date FROM creator_activity") == [(DAY + timedelta(days=1),)]


def test_the_days_are_those_of_utc_wherever_the_session_is(posted: Posted) -> None:
    compute(posted)
    here = posted.rows(ALL)
    with posted.engine.begin() as conn:
        conn.execute(sa.text("SET LOCAL TIME ZONE 'Pacific/Auckland'"))
        assert compute_activity(conn, DAY, DAY, NOON).written == 0

    assert posted.rows(ALL) == here


def test_the_days_before_come_along_for_the_picture(posted: Posted) -> None:
    computed = compute(posted)

    until = list(computed.until(DAY))
    assert (len(until), until[0].day, until[-1].day) == (29, date(2026, 10, 13), DAY)
    assert [(one.posts, one.reposts, one.engagement) for one in (until[0], until[-2], until[-1])] == [
        (1, 0, 28),
        (1, 0, 28),
        (3, 1, 17),
    ]
    assert (until[1].posts, until[1].engagement, until[1].reach) == (0, None, None)
    assert (until[-1].rows, until[-1].creators, until[-1].reach) == (4, 2, 100)


def test_empty_tables_are_days_without_rows(db: Engine) -> None:
    with db.begin() as conn:
        assert compute_activity(conn, DAY, DAY, NOON).days[DAY].rows == 0
        assert compute_coverage(conn, DAY, DAY, NOON).days[DAY].rows == 0


def test_a_range_the_wrong_way_round_is_refused(db: Engine) -> None:
    with db.begin() as conn, pytest.raises(ValueError, match="no range"):
        compute_activity(conn, DAY, DAY - timedelta(days=1), NOON)
