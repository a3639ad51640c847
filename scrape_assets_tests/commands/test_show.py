import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.commands import terminal
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import open_context
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import Lane, block, trip
from scrape_assets.settings import Settings
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.commands.command_line import CommandLine

NOT_CONFIGURED = {"BRIGHTDATA_API_KEY": "", "BRIGHTDATA_API_URL": ""}


@pytest.fixture
def collected(scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread) -> CommandLine:
    """Two snapshots: one is processed, one the vendor has failed, and its job will be asked again."""
    vendor.control.fault("failed", match="reed-organ-works", error_message="The crawl fell over")
    with open_context(Settings.model_validate(scrape_assets.settings)) as ctx:
        collect(ctx, "linkedin", datetime.now(UTC).date())
        poll_due(ctx, timedelta(minutes=1))
        with ctx.engine.connect() as conn:
            ready = [snapshot.partition_key for snapshot in snapshots.ready_due(conn, ctx.now(), 10)]
        claimed, _ = claim_for_processing(ctx, ready, ALL_STAGES, only_ready=True)
        assert len(list(process_many(ctx, claimed, ALL_STAGES))) == 1
    return scrape_assets


def test_jobs_and_snapshots_are_listed_and_filtered(collected: CommandLine) -> None:
    jobs = collected("jobs", "--json").json
    assert sorted(job["target_id"] for job in jobs) == ["ines-moreau", "otto-brandvik", "reed-organ-works"]
    assert all(datetime.fromisoformat(job["created_at"]).tzinfo for job in jobs)
    completed = collected("jobs", "--status", "completed", "--json").json
    assert [job["posts_found"] for job in completed] == [3, 3]
    assert collected("jobs", "--platform", "twitter", "--json").json == []
    assert len(collected("jobs", "--limit", "1", "--json").json) == 1

    (failed,) = collected("snapshots", "--status", "failed", "--json").json
    assert failed["creator_urls"] == ["https://www.linkedin.com/company/reed-organ-works"]
    assert "The crawl fell over" in failed["error"]
    assert len(collected("snapshots", "--platform", "LinkedIn", "--json").json) == 2
    assert "unknown platform 'linkdin'" in collected("snapshots", "--platform", "linkdin").complaint


def test_tables_fit_a_terminal_of_80_columns(collected: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.out, "_width", 80)
    jobs, snapshots = collected("jobs"), collected("snapshots")
    for ran in (jobs, snapshots):
        assert max(map(len, ran.out.splitlines())) <= 80
        assert "…" not in ran.out
        assert "The crawl fell over" in " ".join(ran.out.split())
        assert "no room for: " in ran.err
    assert jobs.out.split()[:2] == ["target", "day"]
    for word in ("reed-organ-works", "otto-brandvik", "completed"):
        assert word in jobs.out


def test_in_a_pipe_nothing_is_left_out(collected: CommandLine) -> None:
    ran = collected.process("jobs")
    assert (ran.status, ran.err) == (0, "")
    header, *rows = ran.out.splitlines()
    assert header.split()[-1] == "remark"
    assert len(rows) == 3
    assert len(header.split()) == 10


def test_whoever_reads_only_the_first_line_is_not_told_about_it(collected: CommandLine) -> None:
    ran = collected.piped_into_head("snapshots", "--json")
    assert ran == ("[\n", "")


def test_status_tells_what_is_open_and_what_needs_a_person(
    collected: CommandLine, db: Engine, server_folder: Path
) -> None:
    with db.begin() as conn:
        conn.execute(sa.text("UPDATE scrape_jobs SET status = 'dead', error = 'five times' WHERE status = 'pending'"))
    told = collected("status", "--json").json
    assert told["data_folder"] == str(server_folder)
    assert told["database"] == "embedded"
    assert told["profiles"] == {"linkedin": 3}
    assert (told["jobs"]["completed"], told["jobs"]["dead"]) == (2, 1)
    assert (told["snapshots"]["processed"], told["snapshots"]["failed"]) == (1, 1)
    assert [(job["target"], job["error"]) for job in told["needs_a_person"]] == [("reed-organ-works", "five times")]
    shown = collected("status").out
    assert "jobs: 2 completed, 1 dead" in shown
    assert "needs a person" in shown


def test_status_tells_whether_a_vendor_is_there(
    scrape_assets: CommandLine, server_folder: Path, vendor: SimulatorThread
) -> None:
    def told(**settings: str) -> str:
        return str(scrape_assets("status", "--json", **settings).json["vendor"])

    assert told() == f"{vendor.url} (key set)"
    assert told(BRIGHTDATA_API_KEY="") == f"{vendor.url} (no key)"
    assert told(BRIGHTDATA_API_URL="") == "https://api.brightdata.com (key set)"
    assert "not configured" in told(**NOT_CONFIGURED)
    address = server_folder / "simulator.json"
    address.write_text(json.dumps({"url": vendor.url, "pid": 0}))
    try:
        assert told(**NOT_CONFIGURED) == f"simulator at {vendor.url}"
        address.write_text(json.dumps({"url": "http://127.0.0.1:9", "pid": 0}))
        assert "not configured" in told(**NOT_CONFIGURED)
    finally:
        address.unlink()


def test_a_key_and_a_password_are_never_shown(scrape_assets: CommandLine, db: Engine) -> None:
    url = db.url.set(drivername="postgresql", password="a-secret").render_as_string(hide_password=False)
    ran = scrape_assets("status", SCRAPE_ASSETS_DATABASE_URL=url)
    assert ran.status == 0
    assert "a-secret" not in ran.out
    assert "invented-key" not in ran.out


def test_what_is_left_alone_is_told_with_its_reason_and_its_end(collected: CommandLine, db: Engine) -> None:
    now = datetime.now(UTC)
    server = Lane("mastodon", "mastodon", "one.example")
    with db.begin() as conn:
        block(
            conn,
            server,
            until=now + timedelta(hours=1),
            error_class=ErrorClass.THROTTLED,
            error="one.example asks for a pause",
            now=now,
        )
        trip(conn, Lane("hackernews", "hackernews"), "answers, but brought nothing", now)
    lanes = {one["lane"]: one for one in collected("status", "--json").json["lanes"]}
    assert "one.example asks for a pause" in lanes["mastodon (one.example)"]["why"]
    assert datetime.fromisoformat(lanes["mastodon (one.example)"]["until"]) > now
    for told in (collected("status"), collected("sources")):
        words = " ".join(told.out.split())
        assert "mastodon (one.example)" in words
        assert "answers, but brought nothing" in words
    [hackernews] = [one for one in collected("sources", "--json").json if one["source"] == "hackernews"]
    assert hackernews["usable"] is False
    assert hackernews["why_not"].startswith("left alone until ")
    assert datetime.fromisoformat(hackernews["until"]) > now
