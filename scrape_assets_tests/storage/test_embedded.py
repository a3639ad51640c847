"""The embedded PostgreSQL as processes use it: started by the first, stopped by the last, whatever happens between."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from scrape_assets.storage.embedded import programs

REPOSITORY = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
# Attaches, asks one question, says so, and stays until its stdin closes. With a second argument, as that user: only
# once everything is imported, for the Python of root may be closed to them.
USER = """
import os
import sys
from pathlib import Path
import sqlalchemy as sa
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
sa.create_engine("postgresql+psycopg://")
for number in map(int, sys.argv[2:]):
    os.setgroups([])
    os.setgid(number)
    os.setuid(number)
address = start_embedded(Path(sys.argv[1]))
ensure_databases(address)
with connect(address).connect() as conn:
    print(conn.scalar(sa.text("SELECT 'attached'")), flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the server of a folder until it is let go."""

    def __init__(self, folder: Path, *, cwd: Path | None = None, uid: int | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder), *([] if uid is None else [str(uid)])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(folder), "PGPORT": "1"},
        )

    def attached(self) -> User:
        assert self._process.stdout
        said = self._process.stdout.readline()
        assert said == "attached\n", self._process.communicate(timeout=30)[1]
        return self

    def leave(self) -> str:
        """Let it end; give what it said on stderr."""
        complaints = self._process.communicate(timeout=60)[1]
        assert self._process.returncode == 0, complaints
        return complaints

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=60)

    def __enter__(self) -> User:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate(timeout=60)


@contextmanager
def empty_folder() -> Iterator[Path]:
    # Not tmp_path: other sessions of pytest close its parent to other users.
    with tempfile.TemporaryDirectory(prefix="embedded_", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve() / "home"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that does not exist yet."""
    with empty_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    """A folder whose server has run before and may have been treated badly."""
    with empty_folder() as folder:
        yield folder


def runs(folder: Path) -> bool:
    """Whether the server of this folder runs."""
    pid_file = folder / "postgres" / "postmaster.pid"
    if not pid_file.exists():
        return False
    try:
        os.kill(int(pid_file.read_text().split()[0]), 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_with_the_first_user_and_stops_with_the_last(folder: Path) -> None:
    with ExitStack() as stack:
        # All at once, on a folder that holds nothing yet.
        first, second, third = (stack.enter_context(User(folder)) for _ in range(3))
        for user in (first, second, third):
            user.attached()
        first.leave()
        third.leave()
        assert runs(folder)
        second.leave()
        assert not runs(folder)
    with User(folder) as again:
        again.attached().leave()
    assert not runs(folder)


def test_a_killed_user_counts_no_longer(used: Path) -> None:
    with User(used) as killed:
        killed.attached().kill()
    assert runs(used)
    with User(used) as other:
        other.attached().leave()
    assert not runs(used)


def test_a_killed_server_is_started_again_although_its_number_is_anothers_now(used: Path) -> None:
    with User(used) as user:
        user.attached().kill()
    pid_file = used / "postgres" / "postmaster.pid"
    first, *rest = pid_file.read_text().splitlines()
    os.kill(int(first), signal.SIGKILL)
    # What a container finds after a restart: a number that now belongs to some other program.
    pid_file.write_text("\n".join([str(os.getpid()), *rest]) + "\n")
    with User(used) as user:
        user.attached().leave()


def test_what_a_killed_initdb_left_is_no_database(folder: Path) -> None:
    left = folder / "postgres.new"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    with User(folder) as user:
        user.attached().leave()
    assert not left.exists()


def test_a_long_path_with_spaces_quotes_and_commas_will_do(folder: Path) -> None:
    odd = folder / "Ada's projects, all" / ("long " * 20).strip()
    with User(odd) as user:
        user.attached()
        assert runs(odd)
        user.leave()
    assert not runs(odd)
    assert not list(Path(tempfile.gettempdir()).glob("scrape_assets-*/.s.PGSQL.*.lock"))


def test_a_fork_does_not_stop_it_under_its_parent(used: Path) -> None:
    code = USER.replace(
        "sys.stdin.read()",
        "child = os.fork()\n"
        "if child == 0: sys.exit(0)\n"
        "os.waitpid(child, 0)\n"
        "with connect(address).connect() as conn: print(conn.scalar(sa.text('SELECT 1')))",
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
    ended = subprocess.run(
        [sys.executable, "-c", code, str(used)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert ended.stdout.endswith("1\n"), ended.stderr
    assert not runs(used)


def test_a_private_folder_is_opened_no_further_than_needed(folder: Path) -> None:
    folder.parent.chmod(0o700)
    with User(folder, cwd=folder.parent) as user:
        told = user.attached().leave()
    assert not runs(folder)
    if AS_ROOT:
        assert told.splitlines() == [
            f"{folder.parent} now lets other users pass through it (chmod o+x): PostgreSQL does not run as root"
        ]
    else:
        assert told == ""
    assert folder.parent.stat().st_mode & 0o777 == (0o701 if AS_ROOT else 0o700)
    with User(folder, cwd=folder.parent) as user:
        assert user.attached().leave() == ""


@pytest.mark.skipif(not AS_ROOT, reason="the other tests have shown it already: they do not run as root")
def test_an_ordinary_user_needs_no_root(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    folder.mkdir()
    folder.parent.chmod(0o755)
    shutil.chown(folder, nobody.pw_uid)
    initdb = programs() / "initdb"
    reachable = subprocess.run(["/bin/sh", "-c", f"test -x {initdb}"], check=False, user=nobody.pw_uid, cwd="/")
    if reachable.returncode:
        pytest.skip("the Python environment, and PostgreSQL's programs in it, are closed to other users")
    with User(folder, cwd=folder, uid=nobody.pw_uid) as user:
        assert user.attached().leave() == ""
    assert not runs(folder)
    assert (folder / "postgres" / "PG_VERSION").stat().st_uid == nobody.pw_uid
