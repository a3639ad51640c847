"""Who runs the embedded PostgreSQL: whoever runs us, except root, whom it refuses. No server is started here."""

from __future__ import annotations

import logging
import os
import pwd
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NAME = "pgserver"
log = logging.getLogger(__name__)


class NoUser(OSError):
    """We are root and there is nobody to run PostgreSQL as."""


@dataclass(frozen=True)
class PostgresUser:
    """Who the server's programs run as, in the words of `subprocess`; None means: as we do."""

    uid: int | None = None
    gid: int | None = None
    groups: list[int] | None = None

    def give(self, folder: Path) -> None:
        """Make the folder theirs."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)


def postgres_user(needed: Iterable[Path]) -> PostgresUser:
    """Find who runs the server, and see to it that they can reach these folders.

    As root a system user is made once. Where a folder above a needed one lets nobody through, passing through is
    allowed, listing it is not, and a warning says so.

    Raises:
        NoUser: we are root and cannot make a user.
    """
    if os.geteuid() != 0:
        return PostgresUser()
    entry = _entry()
    for folder in needed:
        _let_through(folder)
    return PostgresUser(entry.pw_uid, entry.pw_gid, [])


def _entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", NAME]
    try:
        # Two that start at once: the slower one fails and finds the user made.
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
        return pwd.getpwnam(NAME)
    except (OSError, KeyError):
        raise NoUser(
            f"PostgreSQL does not run as root, and the user {NAME} for it could not be made: "
            "start this as an ordinary user, or set SCRAPE_ASSETS_DATABASE_URL"
        ) from None


def _let_through(folder: Path) -> None:
    for below in folder.iterdir():
        mode = below.stat().st_mode
        # Programs that were installed for root alone.
        if below.is_file() and mode & stat.S_IXUSR and not mode & stat.S_IXOTH:
            below.chmod(stat.S_IMODE(mode) | stat.S_IROTH | stat.S_IXOTH)
    for above in (folder, *folder.parents):
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            log.warning("%s now lets other users pass through it (chmod o+x): PostgreSQL does not run as root", above)
