"""An append-only NDJSON file of job states, so that paid jobs survive a restart or a kill -9.

Each line is a whole job; the last line of a snapshot id wins. A torn last line is cut off on opening.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from scrape_assets.simulator.jobs import SimulatedJob

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SimulatedJob)


class Journal:
    """The file `jobs.ndjson` in a folder, which is made when it does not exist."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "jobs.ndjson"
        self._cut_torn_line()
        # Unbuffered: a line is with the operating system before the trigger is answered.
        self._file = self._path.open("ab", buffering=0)

    def jobs(self) -> Iterator[SimulatedJob]:
        """Every written state of every job, oldest first."""
        with self._path.open("rb") as lines:
            for line in lines:
                yield _decoder.decode(line)

    def append(self, job: SimulatedJob) -> None:
        """Write a job's present state."""
        self._file.write(_encoder.encode(job) + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _cut_torn_line(self) -> None:
        if not self._path.exists():
            return
        written = self._path.read_bytes()
        whole = written.rfind(b"\n") + 1
        if whole < len(written):
            with self._path.open("r+b") as file:
                file.truncate(whole)
