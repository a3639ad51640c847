"""The parts alone: what each becomes, and what it says when it cannot."""

import os
import socket
import sys
from collections.abc import Callable

import pytest
import yaml

from scrape_assets_tests.commands.command_line import CommandLine

Becomes = Callable[..., tuple[list[str], dict[str, str]]]
BROKER = {"SCRAPE_ASSETS_CELERY_BROKER": "redis://127.0.0.1:1/0"}


class Became(Exception):
    """In this process nothing may be become."""


@pytest.fixture
def becomes(
    monkeypatch: pytest.MonkeyPatch, scrape_assets: CommandLine
) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """What a command would become, with its environment."""

    def asked(*words: str, **settings: str) -> tuple[list[str], dict[str, str]]:
        seen: list[tuple[list[str], dict[str, str]]] = []

        def execv(_program: str, command: list[str]) -> None:
            seen.append((command, dict(os.environ)))
            raise Became

        with monkeypatch.context() as patch:
            patch.setattr(os, "execv", execv)
            with pytest.raises(Became):
                scrape_assets(*words, **settings)
        [(command, environment)] = seen
        assert command[:2] == [sys.executable, "-m"]
        return command[2:], environment

    return asked


def test_the_daemon_and_the_ui_ask_the_code_server_that_they_are_told_of(becomes: Becomes) -> None:
    for part in ("daemon", "ui"):
        command, environment = becomes(part, "--code", "code.example:4001")
        with open(command[command.index("--workspace") + 1], encoding="utf-8") as file:
            [server] = yaml.safe_load(file)["load_from"]
        assert server["grpc_server"] == {"host": "code.example", "port": 4001, "location_name": "scrape_assets"}
        assert environment["DAGSTER_HOME"]
        assert environment["SCRAPE_ASSETS_DAGSTER_DATABASE_URL"].startswith("postgresql+psycopg2://")


def test_the_code_server_serves_our_definitions(becomes: Becomes) -> None:
    command, _ = becomes("code-server", "--host", "0.0.0.0", "--port", "45991")
    assert command[:3] == ["dagster", "api", "grpc"]
    assert {"scrape_assets.definitions", "0.0.0.0", "45991"} <= set(command)


def test_a_worker_takes_runs_from_the_broker_and_puts_them_back_when_it_is_asked_to_stop(becomes: Becomes) -> None:
    command, environment = becomes("worker", "--runs", "3", "--name", "north", **BROKER)
    assert command[:4] == ["celery", "--app", "scrape_assets.celery_worker", "worker"]
    assert command[command.index("--concurrency") + 1] == "3"
    assert command[command.index("--hostname") + 1] == f"north@{socket.gethostname()}"
    assert environment["REMAP_SIGTERM"] == "SIGQUIT"
    assert environment["SCRAPE_ASSETS_CELERY_BACKEND"] == BROKER["SCRAPE_ASSETS_CELERY_BROKER"]


def test_what_is_missing_or_wrong_is_said_in_one_line(scrape_assets: CommandLine) -> None:
    assert "SCRAPE_ASSETS_CELERY_BROKER: is not set" in scrape_assets("worker").complaint
    assert "'nowhere' is not HOST:PORT" in scrape_assets("daemon", "--code", "nowhere").complaint
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} on 127.0.0.1 cannot be used" in scrape_assets("code-server", "--port", port).complaint
