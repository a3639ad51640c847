import signal
import subprocess
from collections.abc import Iterator

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.policies import REQUESTED_BY
from scrape_assets.runtime import Prepared, export_environment
from scrape_assets.settings import Settings
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.storage.database import DatabaseAddress
from scrape_assets_tests.commands.command_line import COMMAND, CommandLine
from scrape_assets_tests.commands.deployment import wait_until

COLLECT = ("collect", "--platform", "linkedin", "--json")


@pytest.fixture
def dagster(
    server: DatabaseAddress, scrape_assets: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage as a daemon on this data folder has it."""
    for name, value in scrape_assets.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_HOME", "to be put back")
    monkeypatch.setenv("SCRAPE_ASSETS_DAGSTER_DATABASE_URL", "to be put back")
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "to be put back")
    engine = sa.create_engine("postgresql+psycopg://")
    export_environment(Prepared(Settings.from_environment(), server, engine, migrated=(None, None)))
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_collected_posts_are_matched_and_recorded_as_the_daemon_would(
    scrape_assets: CommandLine, creators: list[str], db: Engine, dagster: dg.DagsterInstance
) -> None:
    collected = scrape_assets.process(*COLLECT)
    assert (collected.status, collected.err) == (0, "")
    keys = [snapshot["snapshot_id"] for snapshot in collected.json["snapshots"]]

    processed = scrape_assets.process("process", "--wait", "60", "--json")
    assert (processed.status, processed.err) == (0, "")
    assert {snapshot["snapshot_id"] for snapshot in processed.json["processed"]} == set(keys)
    assert sum(snapshot["posts"] for snapshot in processed.json["processed"]) == 3 * len(creators)
    assert (processed.json["open"], processed.json["failures"]) == ({}, [])

    with db.connect() as conn:
        matched = conn.execute(sa.text("SELECT DISTINCT creator_id FROM creator_content ORDER BY 1")).scalars().all()
    assert matched == creators

    for asset in ("snapshots", "raw_posts", "creator_content"):
        assert set(keys) <= dagster.get_materialized_partitions(dg.AssetKey(asset))
    assert set(keys) <= set(dagster.get_dynamic_partitions("snapshots"))
    run = dagster.get_run_by_id(collected.json["run_id"])
    assert run is not None
    assert (run.job_name, run.status, run.tags[REQUESTED_BY]) == ("collect", dg.DagsterRunStatus.SUCCESS, "command")
    records = dagster.get_run_records(dg.RunsFilter(job_name="process_snapshots"), limit=1)
    assert records[0].dagster_run.status is dg.DagsterRunStatus.SUCCESS


def test_with_nothing_open_it_ends_at_once(scrape_assets: CommandLine) -> None:
    ran = scrape_assets("process", "--wait", "60")
    assert (ran.status, ran.out, ran.err) == (0, "0 snapshots processed; open: none\n", "")


def test_when_the_time_is_over_it_says_what_is_open_with_a_status_of_its_own(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    vendor.control.settings(latency=3600)
    scrape_assets(*COLLECT)
    ran = scrape_assets("process", "--wait", "0.3")
    assert ran.status == 3
    assert "still open after 0.3 s; nothing is lost, run it again" in ran.complaint
    one_look = scrape_assets("process", "--json")
    assert (one_look.status, sum(one_look.json["open"].values())) == (0, 2)

    vendor.control.make_ready()
    assert scrape_assets("process", "--wait", "60").status == 0


def test_a_snapshot_that_the_vendor_failed_fails_the_command(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    vendor.control.fault("failed", match="reed-organ-works", error_message="The crawl fell over")
    scrape_assets(*COLLECT)
    ran = scrape_assets("process", "--wait", "60", "--json")
    assert ran.status == 1
    assert "is failed: " in ran.complaint
    assert "The crawl fell over" in ran.complaint
    assert sorted(snapshot["status"] for snapshot in ran.json["processed"]) == ["failed", "processed"]


def test_a_download_that_succeeds_at_the_second_try_is_no_failure(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    vendor.control.fault("corrupt_gzip", times=1)
    scrape_assets(*COLLECT)
    soon = {"SCRAPE_ASSETS_RETRY_BASE_SECONDS": "0.1", "SCRAPE_ASSETS_RETRY_CAP_SECONDS": "0.1"}
    ran = scrape_assets("process", "--wait", "60", "--json", **soon)
    assert (ran.status, ran.json["failures"]) == (0, [])
    assert {snapshot["status"] for snapshot in ran.json["processed"]} == {"processed"}


def test_a_download_that_fails_is_told_with_what_happens_next(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    vendor.control.fault("corrupt_gzip", match="reed-organ-works")
    scrape_assets(*COLLECT)
    ran = scrape_assets("process")
    assert ran.status == 1
    assert "it is tried again after" in ran.complaint
    assert "1 snapshots processed; open: 1 ready" in ran.out


def test_a_vendor_that_does_not_answer_is_said_in_one_line(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    scrape_assets(*COLLECT)
    ran = scrape_assets("process", BRIGHTDATA_API_URL="http://127.0.0.1:9")
    assert ran.status == 1
    assert ran.complaint.startswith("the vendor could not be asked: ")


def test_without_a_key_and_without_a_simulator_it_says_what_to_do(
    scrape_assets: CommandLine, creators: list[str]
) -> None:
    nobody_waits = scrape_assets("process", BRIGHTDATA_API_KEY="", BRIGHTDATA_API_URL="")
    assert nobody_waits.status == 0
    scrape_assets(*COLLECT)
    ran = scrape_assets("process", BRIGHTDATA_API_KEY="", BRIGHTDATA_API_URL="")
    assert "no BRIGHTDATA_API_KEY is set and no simulator runs" in ran.complaint


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_it_waits_it_ends_quietly_and_nothing_is_lost(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread, number: signal.Signals, status: int
) -> None:
    vendor.control.settings(latency=3600)
    scrape_assets(*COLLECT)
    with subprocess.Popen(
        [*COMMAND, "process", "--wait", "600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=scrape_assets.process_environment,
    ) as waiting:
        wait_until(lambda: vendor.control.calls().get("progress"), 30, "a look at the vendor")
        waiting.send_signal(number)
        said, complaints = waiting.communicate(timeout=30)
    assert (waiting.returncode, said) == (status, "")
    assert len(complaints.splitlines()) <= 1
    assert "Traceback" not in complaints
    vendor.control.make_ready()
    assert scrape_assets("process", "--wait", "60").status == 0
