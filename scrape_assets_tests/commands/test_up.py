"""The main job, end to end, with real processes: from an empty folder to matched posts without a click."""

import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.storage.database import connect, start_embedded
from scrape_assets.storage.embedded import detach
from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.commands.deployment import (
    THREE_ASSETS,
    Deployment,
    alive,
    database_runs,
    free_port,
    up,
    wait_until,
)

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


@pytest.fixture
def home() -> Iterator[Path]:
    # Not tmp_path: other sessions of pytest close its parent to the database's user.
    with tempfile.TemporaryDirectory(prefix="up_", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve() / "home"


@pytest.fixture
def newcomer(home: Path, tmp_path: Path) -> CommandLine:
    """Somebody with an empty data folder and no key; the simulator hurries for them."""
    settings = {
        "SCRAPE_ASSETS_HOME": str(home),
        "SCRAPE_ASSETS_SIMULATOR_PORT": str(free_port()),
        "SCRAPE_ASSETS_API_PORT": str(free_port()),
        "SCRAPE_ASSETS_SIMULATOR_LATENCY_SECONDS": "0",
        "SCRAPE_ASSETS_SIMULATOR_JITTER_SECONDS": "0",
        "SCRAPE_ASSETS_POLL_BASE_SECONDS": "1",
        "SCRAPE_ASSETS_POLL_CAP_SECONDS": "1",
    }
    return CommandLine(tmp_path, settings)


def count(home: Path, query: str) -> int:
    engine = connect(start_embedded(home))
    try:
        with engine.connect() as conn:
            return int(conn.scalar(sa.text(query)) or 0)
    finally:
        engine.dispose()
        detach(home)


def matched(deployment: Deployment) -> bool:
    shown = deployment.partitions()
    return all(shown[asset][0] == 4 for asset in THREE_ASSETS)


@needs_proc
@pytest.mark.timeout(400)
def test_sample_posts_are_matched_without_a_click_and_ctrl_c_leaves_nothing_behind(
    newcomer: CommandLine, home: Path
) -> None:
    port = free_port()
    with up(newcomer, port) as first:
        first.ready()
        assert f"http://127.0.0.1:{port}" in first.greeting
        assert "no account, no cost" in first.greeting

        second = newcomer("up", "--port", str(free_port()))
        assert f"`scrape-assets up` runs already for {home}: http://127.0.0.1:{port}" in second.complaint

        wait_until(lambda: matched(first), 150, "the matching of the sample posts")
        wait_until(lambda: {status for _, status in first.runs()} == {"SUCCESS"}, 30, "the end of every run")
        # Two have schedules that wait for the morning, and media are taken where somebody said so.
        later = dict.fromkeys(("creator_activity", "event_coverage", "media_files"), (0, 0))
        assert first.partitions() == {"collections": (3, 0), **dict.fromkeys(THREE_ASSETS, (4, 0)), **later}
        assert count(home, "SELECT count(*) FROM scrape_jobs WHERE status = 'completed'") == 16
        assert count(home, "SELECT count(DISTINCT creator_id) FROM creator_content") >= 10
        runs = first.runs()

        started = first.processes()
        assert len(started) >= 4
        assert first.stop() == (0, "")
        assert [command for pid, command in started.items() if alive(pid)] == []
        assert not database_runs(home)

    with up(newcomer, port) as again:
        again.ready()
        wait_until(lambda: looked(again), 60, "a look at what there is to do")
        assert again.runs() == runs
        assert count(home, "SELECT count(*) FROM scrape_jobs") == 16
        # Killed without warning, it takes along what it started; the next command stops the database.
        started = again.processes()
        again.kill()
        wait_until(lambda: not any(map(alive, started)), 30, "the end of what it started")
    assert newcomer.process("status").status == 0
    assert not database_runs(home)


def looked(deployment: Deployment) -> bool:
    """Whether the sensors that request runs have looked since this start."""
    query = """{ sensorsOrError(repositorySelector: {repositoryName: "__repository__", repositoryLocationName:
        "scrape_assets"}) { ... on Sensors { results { name sensorState { ticks(limit: 1) { timestamp } } } } } }"""
    sensors = deployment.ask(query)["sensorsOrError"]["results"]
    last: dict[str, float] = {sensor["name"]: sensor["sensorState"]["ticks"][0]["timestamp"] for sensor in sensors}
    return min(last["pending_scrape_jobs"], last["pending_snapshots"]) > deployment.begun.timestamp()


@needs_proc
def test_with_a_database_and_a_key_it_starts_no_simulator_and_seeds_nobody(
    newcomer: CommandLine, home: Path, db: Engine
) -> None:
    url = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with up(newcomer, free_port(), SCRAPE_ASSETS_DATABASE_URL=url, BRIGHTDATA_API_KEY="invented") as deployment:
        deployment.ready()
        assert "collections cost money" in deployment.greeting
        assert not any("simulate" in command for command in deployment.processes().values())
        with db.connect() as conn:
            assert (
                conn.scalar(sa.text("SELECT (SELECT count(*) FROM creators) + (SELECT count(*) FROM scrape_jobs)")) == 0
            )
        assert not (home / "postgres").exists()
        assert deployment.stop(signal.SIGTERM) == (
            143,
            "scrape-assets: stopped (SIGTERM): nothing is lost, run it again to go on\n",
        )


def test_a_port_that_is_taken_is_said_before_anything_is_started(newcomer: CommandLine, home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = newcomer("up", "--port", str(port))
        assert f"port {port} on 127.0.0.1 cannot be used (Address already in use); choose another" in ran.complaint
        ran = newcomer("up", "--port", str(free_port()), SCRAPE_ASSETS_SIMULATOR_PORT=str(port))
        assert "choose another one for the simulator with SCRAPE_ASSETS_SIMULATOR_PORT" in ran.complaint
    assert not (home / "postgres").exists()
    assert "'no such host' is no address" in newcomer("up", "--host", "no such host").complaint


@needs_proc
def test_stopped_while_it_starts_it_leaves_nothing_behind(newcomer: CommandLine, home: Path) -> None:
    with up(newcomer, free_port()) as deployment:
        started = wait_until(lambda: dagster_processes(deployment), 60, "the start of Dagster")
        assert deployment.stop() == (0, "")
        assert not any(map(alive, started))
    assert not database_runs(home)


def dagster_processes(deployment: Deployment) -> dict[int, str]:
    return {pid: command for pid, command in deployment.processes().items() if "dagster" in command}
