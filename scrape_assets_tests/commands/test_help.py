import subprocess
import sys

import pytest

from scrape_assets_tests.commands.command_line import CommandLine, environment

COMMANDS = (
    "up",
    "migrate",
    "database",
    "creators",
    "creators import",
    "collect",
    "process",
    "recover",
    "remap",
    "redownload",
    "rematch",
    "retire",
    "activity",
    "check",
    "jobs",
    "snapshots",
    "status",
    "why",
    "dead-letters list",
    "dead-letters show",
    "dead-letters replay",
    "costs",
    "metrics",
    "api",
    "simulate",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(scrape_assets: CommandLine, command: str) -> None:
    ran = scrape_assets(*command.split(), "--help")
    assert (ran.status, ran.err) == (0, "")
    assert "Usage: scrape-assets" in ran.out
    assert len(ran.out.splitlines()) > 5


def test_the_list_of_commands_names_them_all(scrape_assets: CommandLine) -> None:
    ran = scrape_assets("--help")
    assert ran.status == 0
    for command in COMMANDS:
        assert f"│ {command.split()[0]} " in ran.out


@pytest.mark.parametrize(
    "arguments", [("colect",), ("collect",), ("jobs", "--status", "lost"), ("jobs", "--limit", "0")]
)
def test_what_is_no_command_or_option_ends_with_usage_on_stderr(
    scrape_assets: CommandLine, arguments: tuple[str, ...]
) -> None:
    ran = scrape_assets(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert "Usage" in ran.err


def test_commands_that_execute_nothing_load_nothing_heavy(scrape_assets: CommandLine) -> None:
    code = "import sys, scrape_assets.cli; print([name for name in sys.modules if name.partition('.')[0] in sys.argv])"
    ended = subprocess.run(
        [sys.executable, "-c", code, "dagster", "pandas", "PIL", "fastapi", "celery"],
        check=True,
        capture_output=True,
        text=True,
        env=environment({}, scrape_assets.home),
    )
    assert ended.stdout == "[]\n"
