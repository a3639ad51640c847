"""`scrape-assets check`: what people read and programs get, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.operations.checking.judging import WHOLE
from scrape_assets.storage import schema
from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.storage.posted import Posted


@pytest.fixture
def posted(db: Engine) -> Posted:
    """Two creators who may come to hold one account."""
    posted = Posted(db)
    for creator_id in ("ada", "bram"):
        posted.creator(creator_id)
        profile = {"creator_id": creator_id, "platform": "x", "profile_key": creator_id, "profile_url": creator_id}
        posted.insert(schema.creator_profiles, **profile)
    return posted


def held_by_two(db: Engine) -> None:
    with db.begin() as conn:
        conn.execute(sa.update(schema.creator_profiles).values(platform_user_id="7"))


def same_address_twice(posted: Posted) -> None:
    of = {"snapshot_id": "s", "partition_key": "s", "source": "brightdata", "platform": "linkedin"}
    day = datetime.now(UTC).date()
    state = {"collection_date": day, "status": "processed", "inputs": [], "creator_urls": []}
    posted.insert(schema.snapshots, **of, **state)
    for post_id in ("1", "urn:1"):
        posted.post(post_id, f"{day} 00:00", url="https://example.com/p/1")


def test_all_is_well(scrape_assets: CommandLine, posted: Posted) -> None:
    ran = scrape_assets("check")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.count(" passed ") == len(WHOLE)

    listed = scrape_assets("check", "--json")
    assert (listed.status, listed.json["passed"]) == (0, True)
    assert {(one["asset"], one["check"]) for one in listed.json["checks"]} == set(WHOLE)
    assert {one["sql"] for one in listed.json["checks"]} == {None}


def test_a_warning_is_told_with_its_rows_and_is_no_failure(scrape_assets: CommandLine, posted: Posted) -> None:
    same_address_twice(posted)

    ran = scrape_assets("check")

    assert ran.status == 0
    assert "one_post_one_id" in ran.out
    assert "WARN" in ran.out
    assert "1 addresses of the last 14 days stand under more than one id (linkedin)" in ran.out
    assert "posts/identity" in ran.out, "what to do"
    assert "these rows:\nSELECT platform" in ran.out


def test_an_error_ends_with_1_and_its_statement_finds_its_rows(scrape_assets: CommandLine, posted: Posted) -> None:
    held_by_two(posted.engine)

    ran = scrape_assets("check", "--json")

    assert (ran.status, ran.json["passed"]) == (1, False)
    [failed] = [one for one in ran.json["checks"] if not one["passed"]]
    assert (failed["check"], failed["severity"], failed["figures"]) == ("one_owner", "ERROR", {"profiles": 1})
    assert failed["message"].startswith(failed["found"])
    assert [row[2:4] for row in posted.rows(failed["sql"])] == [("ada", "bram")]
    assert scrape_assets("check", "fresh", "no_orphans").status == 0, "only these"


def test_a_check_that_is_none_is_said_with_those_there_are(scrape_assets: CommandLine, db: Engine) -> None:
    assert scrape_assets("check", "freshness").complaint.startswith("there is no check freshness; there are fresh, ")


def test_a_threshold_that_is_none_is_said(scrape_assets: CommandLine, db: Engine) -> None:
    ran = scrape_assets("check", SCRAPE_ASSETS_CHECKS='{"late_after": 0}')
    assert ran.complaint.startswith("SCRAPE_ASSETS_CHECKS.late_after: Input should be greater than or equal to 1")
