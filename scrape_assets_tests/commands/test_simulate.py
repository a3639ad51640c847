import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx

from scrape_assets.simulator.control_client import Control
from scrape_assets_tests.commands.command_line import COMMAND, CommandLine
from scrape_assets_tests.commands.deployment import free_port, wait_until


def test_the_simulator_runs_alone_and_the_other_commands_find_it(scrape_assets: CommandLine, tmp_path: Path) -> None:
    port = str(free_port())
    own = CommandLine(tmp_path, {"SCRAPE_ASSETS_HOME": str(tmp_path / "home")})
    with subprocess.Popen(
        [*COMMAND, "simulate", "--port", port, "--latency", "1.5", "--jitter", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=own.process_environment,
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == f"simulator at http://127.0.0.1:{port}\n"
        address = tmp_path / "home" / "simulator.json"
        assert json.loads(address.read_text()) == {"url": f"http://127.0.0.1:{port}", "pid": running.pid}
        control = Control(f"http://127.0.0.1:{port}")
        assert wait_until(lambda: switches(control), 20, "an answer of the simulator")["latency"] == 1.5

        # A second one on the same port says so, and leaves the address of the first alone.
        assert f"port {port} on 127.0.0.1 cannot be used" in own("simulate", "--port", port).complaint
        assert json.loads(address.read_text())["pid"] == running.pid

        running.send_signal(signal.SIGINT)
        _, complaints = running.communicate(timeout=20)
        assert (running.returncode, complaints) == (0, "")
        assert not address.exists()


def test_a_folder_that_holds_nothing_to_replay_is_said(scrape_assets: CommandLine, tmp_path: Path) -> None:
    ran = scrape_assets("simulate", "--port", str(free_port()), "--replay", str(tmp_path))
    assert "the simulator cannot start at " in ran.complaint


def switches(control: Control) -> dict[str, Any]:
    try:
        return control.settings()
    except httpx.ConnectError:
        return {}
