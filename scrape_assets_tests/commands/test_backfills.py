"""Backfills by command: each says what it comes to before it starts, and does that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.commands.command_line import CommandLine


def rows(db: Engine, query: str) -> list[Any]:
    with db.begin() as conn:
        answer = conn.execute(sa.text(query))
        return [tuple(row) for row in answer] if answer.returns_rows else []


@pytest.fixture
def collected(scrape_assets: CommandLine, creators: list[str], db: Engine) -> list[str]:
    """The snapshots of a day of three creators, processed."""
    assert scrape_assets("collect", "--platform", "linkedin").status == 0
    assert scrape_assets("process", "--wait", "60").status == 0
    return [row[0] for row in rows(db, "SELECT snapshot_id FROM snapshots ORDER BY 1")]


def test_mapped_again_from_what_is_kept_shown_or_retired_without_a_call(
    scrape_assets: CommandLine, collected: list[str], db: Engine, vendor: SimulatorThread
) -> None:
    calls, was = vendor.control.calls(), rows(db, "SELECT post_id, text FROM raw_posts ORDER BY 1")
    rows(db, "UPDATE raw_posts SET text = 'what a wrong mapping made of it', mapping_version = mapping_version - 1")
    tomorrow = str(datetime.now(UTC).date() + timedelta(days=1))
    today = str(datetime.now(UTC).date())

    only_said = scrape_assets("remap", "--platform", "linkedin", "--dry-run")
    assert (only_said.status, only_said.out) == (0, "")
    assert f"would map again: {len(collected)} snapshots (linkedin {len(collected)})" in only_said.err
    assert "the vendor is asked nothing, nothing is paid" in only_said.err
    assert "lies in the future" in scrape_assets("retire", "--before", tomorrow).complaint
    assert scrape_assets("retire", "--keep", "0", "--dry-run", "--json").json["left"] >= 0
    retired = scrape_assets("retire", "--keep", "0", "--json").json
    assert set(collected) <= set(retired["retired"])

    done = scrape_assets("remap", "--platform", "linkedin", "--from", today, "--json")

    assert done.status == 0, done.err
    assert (done.json["runs"], done.json["failures"]) == (1, [])
    assert done.json["before"] == done.json["now"]
    assert rows(db, "SELECT post_id, text FROM raw_posts ORDER BY 1") == was
    assert scrape_assets("retire", "--keep", "0", "--json").json["retired"] == [], "what was retired is so again"
    assert "mapped again in 1 runs" in scrape_assets("remap", "--snapshot", collected[0]).out
    assert scrape_assets("remap", "--platform", "x").out == "no payload of this kind is kept\n"
    assert vendor.control.calls() == calls


def test_downloaded_again_once_and_free_and_when_it_is_gone_what_is_kept_serves_on(
    scrape_assets: CommandLine, collected: list[str], db: Engine, vendor: SimulatorThread
) -> None:
    one, paid = collected[0], len(vendor.control.accepted())
    downloads = vendor.control.calls()["snapshot"]["200"]
    said = scrape_assets("redownload", "--snapshot", one, "--dry-run")
    assert (said.status, said.out) == (0, "")
    assert "1 call at most, free; the payload that is kept stays beside the new one" in said.err

    again = scrape_assets("redownload", "--snapshot", one, "--json")

    assert again.status == 0, again.err
    assert (again.json["before"]["generation"], again.json["now"]["generation"]) == (1, 2)
    assert again.json["now"]["cost_usd"] == again.json["before"]["cost_usd"]
    assert vendor.control.calls()["snapshot"]["200"] == downloads + 1
    assert len(vendor.control.accepted()) == paid

    vendor.control.fault("expired")
    posts = rows(db, "SELECT count(*) FROM raw_posts")
    gone = scrape_assets("redownload", "--snapshot", one, "--json")
    assert "it cannot be downloaded any more; what is kept of it stays, and can be mapped again" in gone.complaint
    assert rows(db, "SELECT count(*) FROM raw_posts") == posts
    assert scrape_assets("remap", "--snapshot", one).status == 0
    assert rows(db, f"SELECT status FROM snapshots WHERE snapshot_id = '{one}'") == [("processed",)]


def test_what_cannot_be_done_again_is_said_in_one_line(scrape_assets: CommandLine, db: Engine) -> None:
    row = "('{0}', '{0}', '{1}', 'linkedin', '2026-11-20', '{2}', '[]', '{{}}')"
    made = [row.format("direct", "hackernews", "processed"), row.format("never", "brightdata", "failed")]
    columns = "snapshot_id, partition_key, source, platform, collection_date, status, inputs, creator_urls"
    rows(db, f"INSERT INTO snapshots ({columns}) VALUES {', '.join(made)}")

    for arguments, reason in (
        (("redownload", "--snapshot", "lost"), "there is no snapshot lost; scrape-assets snapshots lists them"),
        (("redownload", "--snapshot", "direct"), "keeps nothing to download again"),
        (("redownload", "--snapshot", "never"), "was never accepted by the vendor"),
        (("remap", "--snapshot", "lost"), "there is no snapshot lost"),
        (("remap", "--snapshot", "never"), "has no payload yet"),
        (("remap", "--from", "2026-13-01"), "is no date"),
        (("collect", "--platform", "linkedin", "--to", "2026-11-20"), "--to needs --from"),
    ):
        assert reason in scrape_assets(*arguments).complaint
    assert scrape_assets("remap").status == 2
    assert scrape_assets("retire", "--before", "2026-11-01", "--keep", "5").status == 2


def test_several_days_by_command_is_one_run_and_costs_what_was_said(
    scrape_assets: CommandLine, creators: list[str], db: Engine, vendor: SimulatorThread
) -> None:
    today = datetime.now(UTC).date()
    days = ("--from", str(today - timedelta(days=2)), "--to", str(today))
    asked = ("collect", "--platform", "linkedin", *days)
    priced = {"SCRAPE_ASSETS_PRICES": '{"brightdata": 0.002}'}

    said = scrape_assets(*asked, "--dry-run", "--json", **priced).json
    assert len(said["days"]) == 3
    assert vendor.control.calls() == {}
    assert "nobody was asked, and nothing is written" in scrape_assets(*asked, "--dry-run", **priced).out

    done = scrape_assets(*asked, "--json", **priced)

    assert done.status == 0, done.err
    assert [run["success"] for run in done.json["runs"]] == [True]
    assert len(done.json["snapshots"]) == said["estimate"]["snapshots"]
    assert rows(db, "SELECT sum(estimated_usd)::text FROM snapshots") == [(said["estimate"]["cost_usd"],)]
