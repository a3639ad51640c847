"""The Python reader: typed frames from the views, missing kept apart from zero, and clear words when it cannot."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.reader import ReaderError, activity, events, growth, months, posts
from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets.storage.views import VIEWS
from scrape_assets_tests.commands.command_line import REPOSITORY
from scrape_assets_tests.storage.invented import Loading
from scrape_assets_tests.storage.read import LATER, fill


@pytest.fixture
def url(db: Engine, tmp_path: Path) -> str:
    """The address of a database with something to read."""
    fill(Loading(db, PayloadArchive(f"memory:/{tmp_path}")))
    return db.url.render_as_string(hide_password=False)


def test_a_post_comes_once_for_each_creator_it_belongs_to_with_its_newest_counts(url: str) -> None:
    found = posts(database_url=url)
    belongs = found[["post_id", "creator_id", "role"]].fillna("-")
    assert [tuple(row) for row in belongs.itertuples(index=False)] == [
        ("p1", "ada", "tagged"),
        ("p1", "jane", "author"),
        ("p2", "jane", "author"),
        ("p3", "-", "-"),
    ]
    first = found.iloc[0]
    assert (first.like_count, first.comment_count, first.share_count, first.engagement) == (15, 1, 3, 19)
    assert first.collected_at == pd.Timestamp(LATER)
    assert first.media == [{"type": "image", "url": "https://m/jane.png"}]


def test_a_count_that_nobody_gave_is_missing_and_not_zero(url: str) -> None:
    found = posts(database_url=url).set_index("post_id")
    assert found.loc["p3", "like_count"] == 0
    assert found.loc["p3", "engagement"] == 0
    assert pd.isna(found.loc["p2", "like_count"])
    assert pd.isna(found.loc["p2", "engagement"])


def test_columns_have_the_same_types_whether_there_are_rows_or_not(url: str) -> None:
    for read in (posts, activity, months, events, growth):
        full, empty = read(database_url=url), read(database_url=url, limit=0)
        assert len(full) > 0
        assert len(empty) == 0
        assert list(full.dtypes) == list(empty.dtypes), read.__name__
    types = posts(database_url=url).dtypes
    assert types["text"] == pd.StringDtype()
    assert types["view_count"] == pd.Int64Dtype()
    assert types["confidence"] == pd.Float64Dtype()
    assert str(types["posted_at"]) == "datetime64[us, UTC]"


def test_filters_leave_what_was_asked_for(url: str) -> None:
    assert set(posts(creator="jane", role="author", database_url=url).post_id) == {"p1", "p2"}
    assert set(posts(event="fair", database_url=url).post_id) == {"p1", "p3"}
    assert posts(platform="twitter", database_url=url).empty
    assert posts(since="2026-10-21", database_url=url).empty
    assert len(posts(until=date(2026, 10, 21), limit=2, database_url=url)) == 2
    assert list(activity(since="2026-10-21", until="2026-11-01", database_url=url).reposts) == [1]
    assert list(events(creator="jane", database_url=url).post_id) == ["p1"]
    assert len(growth(creator="jane", database_url=url)) == 2
    assert growth(creator="ada", role="author", database_url=url).empty


def test_growth_is_what_came_since_the_observation_before(url: str) -> None:
    first, second = growth(creator="jane", database_url=url).itertuples()
    assert pd.isna(first.like_growth)
    assert pd.isna(first.previous_at)
    assert (second.like_growth, second.comment_growth, second.engagement_growth) == (5, -1, 7)
    assert pd.isna(second.share_growth)  # nobody said how many there were before
    assert second.hours_since == 24


def test_a_month_adds_up_its_days(url: str) -> None:
    october, november = months(creator="jane", since="2026-10-20", database_url=url).itertuples()
    assert (october.month, october.posts, october.reposts) == (pd.Timestamp("2026-10-01", tz="UTC"), 2, 1)
    assert (october.days_with_posts, october.like_count, october.engagement) == (1, 12, 14)
    assert pd.isna(october.view_count)
    assert november.posts == 1


def test_an_events_wall_names_author_and_creators(url: str) -> None:
    wall = events(event="fair", database_url=url).set_index("post_id")
    assert wall.loc["p1", "creator_ids"] == ["jane"]
    assert wall.loc["p3", "creator_ids"] is None
    assert wall.loc["p3", "author_name"] == "Otto Ode"
    assert wall.loc["p1", "matched_by"] == "keyword: fair"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"creator": "nobody"}, "there is no creator 'nobody'"),
        ({"event": "never"}, "there is no event 'never'"),
        ({"platform": "myspace"}, "myspace"),
        ({"role": "writer"}, "'writer' is no role: author, reposter"),
        ({"since": "yesterday"}, "since is a day or a moment such as 2026-11-01"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "does not lie before"),
        ({"limit": -1}, "limit is a number of rows"),
    ],
)
def test_what_cannot_be_meant_is_said(url: str, asked: dict[str, object], said: str) -> None:
    with pytest.raises(ReaderError, match=said):
        posts(**asked, database_url=url)  # type: ignore[arg-type]


def test_a_database_that_is_down_is_one_sentence_without_the_password() -> None:
    with pytest.raises(ReaderError) as caught:
        posts(database_url="postgresql://someone:secret-word@127.0.0.1:1/posts")
    assert "127.0.0.1:1/posts" in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_the_database_explains_every_column_that_is_read(engine: Engine) -> None:
    explained = sa.text("""
        SELECT relation.relname, count(*) FILTER (WHERE col_description(relation.oid, attnum) IS NULL),
               obj_description(relation.oid) IS NOT NULL
        FROM pg_class AS relation JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0
        WHERE relation.relname = ANY(:views) AND relation.relkind = 'v'
        GROUP BY 1, 3, relation.oid ORDER BY 1
    """)
    views = [view.relation for view in VIEWS.values()]
    with engine.connect() as conn:
        found = [tuple(row) for row in conn.execute(explained, {"views": views})]
    assert found == [(name, 0, True) for name in ("creator_months", "event_wall", "post_growth", "posts_with_creator")]


def test_reading_needs_no_dagster() -> None:
    code = "import sys, scrape_assets.reader; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=REPOSITORY).returncode == 0
