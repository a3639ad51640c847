"""A writer killed (-9) anywhere leaves nothing that is mistaken for finished, and the next one goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.storage.invented import DAY

ROOT = Path(__file__).parents[2]

# Writes two parts and commits; dies before its n-th step on the disk.
WRITER = """
import datetime, os, signal, sys
from scrape_assets.storage.payloads import PayloadArchive

steps = int(sys.argv[2])
def count(event, arguments):
    global steps
    if event in ("open", "os.rename", "os.remove") and sys.argv[1] in str(arguments[0]):
        steps -= 1
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)

writer = PayloadArchive(sys.argv[1]).writer("linkedin", datetime.date(2026, 11, 2), "s", 1)
sys.addaudithook(count)
finished = writer.finished_parts()
for part in (1, 2):
    if part not in finished:
        writer.write_part(part, [b'{"part":%d}\\n' % part] * 1000)
writer.commit(parts=2)
"""


def _write(folder: Path, die_at: int) -> int:
    command = [sys.executable, "-c", WRITER, str(folder), str(die_at)]
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode


@pytest.mark.parametrize("die_at", range(1, 22, 2))
def test_killed_at_a_step_and_started_again(tmp_path: Path, die_at: int) -> None:
    archive = PayloadArchive(str(tmp_path))
    first = _write(tmp_path, die_at)
    writer = archive.writer("linkedin", DAY, "s", 1)
    if first == -signal.SIGKILL:
        for part, report in writer.finished_parts().items():
            assert (part, report.rows) in {(1, 1_000), (2, 1_000)}
        if archive.exists(writer.uri):
            archive.open(writer.uri).verify()
        assert _write(tmp_path, 0) == 0
    else:
        assert first == 0
    payload = archive.open(writer.uri)
    payload.verify()
    assert payload.rows == 2_000
    assert [line for _, line, _ in payload.lines()] == [b'{"part":1}'] * 1000 + [b'{"part":2}'] * 1000
    assert not list(tmp_path.rglob("*.tmp"))
