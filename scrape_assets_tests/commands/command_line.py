"""Running `scrape-assets` as people do: as a process of its own, or in this one where a process adds nothing."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer import testing

from scrape_assets.cli import app

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "scrape_assets")
# It reads the signatures of all commands anew for each one that is run: a fifth of the time of these tests.
testing._get_command = functools.cache(testing._get_command)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one clear line of a command that failed."""
        assert self.status != 0, f"it did not fail: {self.out}"
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, f"not one line: {self.err}"
        assert lines[0].startswith("scrape-assets: ")
        return lines[0].removeprefix("scrape-assets: ")


def environment(settings: Mapping[str, str], home: Path) -> dict[str, str]:
    """A person's environment with these settings: nothing of the developer's own gets through."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "SSL_CERT_DIR") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(REPOSITORY), **settings}


@dataclass(frozen=True)
class CommandLine:
    """`scrape-assets` with an environment; the folder it is called from is the person's home."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def process_environment(self) -> dict[str, str]:
        """What a process of its own is given."""
        return environment(self.settings, self.home)

    def process(self, *arguments: str, timeout: float = 90, **settings: str) -> Ran:
        """Run it as a process of its own."""
        ended = subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            cwd=self.home,
            env=environment({**self.settings, **settings}, self.home),
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def piped_into_head(self, *arguments: str) -> tuple[str, str]:
        """Run it with a reader who goes away after the first line; give that line, and what stderr says."""
        with subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
            env=environment({**self.settings, "PYTHONUNBUFFERED": "1"}, self.home),
        ) as running:
            assert running.stdout
            assert running.stderr
            line = running.stdout.readline()
            running.stdout.close()
            return line, running.stderr.read()

    def __call__(self, *arguments: str, **settings: str) -> Ran:
        """Run it in this process."""
        # Commands set some of the environment for what they start; the next one starts afresh.
        before = dict(os.environ)
        os.environ.update({**self.settings, **settings})
        try:
            result = testing.CliRunner().invoke(app, arguments, prog_name="scrape-assets")
        finally:
            os.environ.clear()
            os.environ.update(before)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)
