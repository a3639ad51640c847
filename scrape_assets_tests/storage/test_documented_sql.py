"""The queries that docs/operations.md tells operators to type, typed into psql. What each must show stands here."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.embedded import programs
from scrape_assets.storage.schema import scrape_jobs, snapshots

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
BLOCKS = re.findall(r"^```sql\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
MIRA = "https://www.linkedin.com/in/mira-okafor"
OTTO = "https://www.linkedin.com/in/otto-lind"
HOUR = timedelta(hours=1)

Row = dict[str, str]


class Known(NamedTuple):
    """A snapshot of the invented ledger: its state, its age in hours, its posts."""

    status: str
    age: float
    posts: int | None = None
    error: str | None = None
    url: str = OTTO


LEDGER = (
    Known("processed", 30, 12, url=MIRA),
    Known("processed", 3, 0, url=MIRA),
    Known("processed", 2, 30),
    Known("failed", 5, error="the vendor failed it"),
    Known("dead", 26, error="it was not ready within 24 hours"),
    Known("expired", 400, error="thrown away by the vendor"),
    Known("unknown", 4),
    Known("pending", 6, url=MIRA),
    Known("running", 7),
    Known("pending", 0.1),  # young: nothing is wrong
    Known("ready", 8),
    *(Known("processed", 500 + n, 1) for n in range(20)),
)


def typed(engine: Engine, statement: str) -> list[Row]:
    """What psql shows when a person types this."""
    url = engine.url
    ended = subprocess.run(
        [programs() / "psql", "--no-psqlrc", "--csv", "-v", "ON_ERROR_STOP=1"],
        input=statement,
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PGHOST": str(url.query["host"]),
            "PGPORT": str(url.port),
            "PGUSER": str(url.username),
            "PGDATABASE": str(url.database),
        },
    )
    assert ended.returncode == 0, f"{statement}\n{ended.stderr}"
    return list(csv.DictReader(ended.stdout.splitlines()))


def block(first_words: str) -> str:
    """The documented query that begins with this comment."""
    [found] = [one for one in BLOCKS if one.startswith(f"-- {first_words}")]
    return str(found)


@pytest.fixture
def ledger(db: Engine) -> Engine:
    """The invented snapshots, one of another source, and what was asked of one creator."""
    with db.begin() as conn:
        now = conn.scalar(sa.text("SELECT now()"))
        rows = [
            {
                "snapshot_id": f"ours-{number}",
                "vendor_snapshot_id": f"sd_{number}",
                "source": "brightdata",
                "platform": "linkedin",
                "partition_key": f"linkedin-{number}",
                "collection_date": now.date(),
                "inputs": [],
                "status": one.status,
                "creator_urls": [one.url],
                "posts_retrieved": one.posts,
                "error": one.error,
                "created_at": now - one.age * HOUR,
                "ready_at": now - one.age * HOUR if one.status in ("ready", "processed") else None,
                "processed_at": now - one.age * HOUR if one.status == "processed" else None,
            }
            for number, one in enumerate(LEDGER)
        ]
        other = {**rows[0], "snapshot_id": "other", "source": "bluesky", "partition_key": "o", "posts_retrieved": 9_000}
        conn.execute(sa.insert(snapshots), [*rows, {**other, "vendor_snapshot_id": None}])
        conn.execute(
            sa.insert(scrape_jobs),
            [
                {"target_id": "mira-okafor", "platform": "linkedin", "status": "completed", "posts_found": 12},
                {"target_id": "mira-okafor", "platform": "x", "status": "pending", "posts_found": None},
                {"target_id": "otto-lind", "platform": "x", "status": "pending", "posts_found": None},
            ],
        )
    return db


def test_every_documented_query_runs_as_it_is_typed_and_finds_something(ledger: Engine) -> None:
    assert len(BLOCKS) >= 5
    for statement in BLOCKS:
        assert typed(ledger, statement), f"it finds nothing:\n{statement}"


def test_the_summary_counts_each_state_and_adds_up_its_posts(ledger: Engine) -> None:
    found = {row["status"]: row for row in typed(ledger, block("how many"))}
    assert {status: row["snapshots"] for status, row in found.items()} == {
        "processed": "23", "pending": "2", "failed": "1", "dead": "1", "expired": "1", "unknown": "1", "running": "1",
        "ready": "1",
    }  # fmt: skip
    assert found["processed"]["posts"] == "62", "another source's 9,000 are not the vendor's"
    assert found["failed"]["posts"] == "", "nothing came: not a zero"
    assert next(iter(found)) == "processed", "the most first"


def test_the_recent_ones_are_twenty_and_the_newest_comes_first(ledger: Engine) -> None:
    found = typed(ledger, block("the newest"))
    assert len(found) == 20
    assert [found[0]["snapshot_id"], found[0]["status"]] == ["sd_9", "pending"], "by the vendor's own id"
    moments = [row["created_at"] for row in found]
    assert moments == sorted(moments, reverse=True)


def test_the_failed_ones_come_with_their_reason(ledger: Engine) -> None:
    found = typed(ledger, block("what was given up"))
    assert [(row["status"], row["error"]) for row in found] == [
        ("failed", "the vendor failed it"),
        ("dead", "it was not ready within 24 hours"),
        ("expired", "thrown away by the vendor"),
    ]


def test_what_is_stuck_is_what_has_waited_long_and_the_oldest_comes_first(ledger: Engine) -> None:
    found = typed(ledger, block("stuck"))
    assert [row["status"] for row in found] == ["ready", "running", "pending", "unknown"]
    assert found[0]["ledger_snapshot_id"] == "ours-10", "the id that `why` explains"


def test_one_creator_is_followed_through_jobs_and_snapshots(ledger: Engine) -> None:
    jobs = typed(ledger, block("was it asked for"))
    assert {(row["platform"], row["status"]) for row in jobs} == {("linkedin", "completed"), ("x", "pending")}
    found = typed(ledger, block("what came of the profile"))
    assert [(row["status"], row["posts_retrieved"]) for row in found] == [
        ("processed", "0"),
        ("pending", ""),
        ("processed", "12"),
    ]


def test_the_queries_use_the_states_that_the_ledger_knows() -> None:
    named = {word for one in BLOCKS for given in re.findall(r"status IN \((.*?)\)", one, re.DOTALL)
             for word in re.findall(r"'(\w+)'", given)}  # fmt: skip
    assert named
    assert named <= {str(status) for status in SnapshotStatus}
