"""`post_metrics` in parts by month: the statement that docs/scaling.md has a person type, and what works on it then."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets.storage.retention import content_sweeps
from scrape_assets_tests.storage.invented import COLLECTED, load_into, row, stored

DOCS = Path(__file__).parents[2] / "docs" / "scaling.md"
(TYPED,) = re.findall(r"^```sql\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
DECEMBER = datetime(2026, 12, 5, tzinfo=UTC)
JANUARY = datetime(2027, 1, 5, tzinfo=UTC)


@pytest.fixture
def conn(db: Engine) -> Iterator[Connection]:
    """In a transaction that is rolled back: the tables of all other tests stay what they are."""
    with db.connect() as conn:
        yield conn
        conn.rollback()


class Within:
    """What asks an engine for transactions of its own is given the test's."""

    def __init__(self, conn: Connection) -> None:
        self.connect = self.begin = lambda: nullcontext(conn)


def rows(conn: Connection, query: str) -> list[tuple[object, ...]]:
    return [tuple(found) for found in conn.execute(sa.text(query))]


def test_observations_come_into_the_part_of_their_month_and_go_with_it(conn: Connection, tmp_path: Path) -> None:
    archive = PayloadArchive(f"memory:/{tmp_path}")
    load_into(conn, "s1", stored(archive, "s1", [row("1", like_count=1)]))
    conn.exec_driver_sql(TYPED)

    later = [row("1", like_count=5, collected_at=DECEMBER), row("2", like_count=2, collected_at=JANUARY)]
    payload = stored(archive, "s2", later)
    assert load_into(conn, "s2", payload).metrics_added == 2
    assert load_into(conn, "s2", payload).metrics_added == 0  # an observation is still kept once
    assert rows(conn, "SELECT tableoid::regclass::text, observed_at FROM post_metrics ORDER BY 2") == [
        ("post_metrics_before", COLLECTED),
        ("post_metrics_2026_12", DECEMBER),
        ("post_metrics_later", JANUARY),
    ]
    assert rows(conn, "SELECT like_growth FROM post_growth WHERE post_id = '1' ORDER BY observed_at") == [(None,), (4,)]

    [sweep] = content_sweeps()["post_metrics"]
    swept = list(sweep.remove(cast("Engine", Within(conn)), COLLECTED + timedelta(seconds=1)))
    assert [one for one in swept if one] == [{"post_metrics": 1}], "retention goes through the parts"
    assert rows(conn, "SELECT observed_at FROM post_metrics ORDER BY 1") == [(DECEMBER,), (JANUARY,)]

    conn.exec_driver_sql("DROP TABLE post_metrics_before")
    assert rows(conn, "SELECT post_id, like_count FROM post_metrics ORDER BY 1") == [("1", 5), ("2", 2)]
