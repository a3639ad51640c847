"""Recorded NDJSON files served as snapshots: `--replay DIR`.

The file's name says which triggers it answers, as listed by each dataset in `datasets`: the file
linkedin_posts_by_company_url.ndjson answers LinkedIn posts by company_url. Such a job yields the rows of the
file, whole, whatever its inputs and limits; error rows only when it asks for them. Triggers without a file
get generated rows, where somebody writes them.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from scrape_assets.simulator.content import Summary
from scrape_assets.simulator.datasets import DATASETS


class _Outcome(msgspec.Struct):
    error_code: str | None = None
    warning_code: str | None = None
    url: str | None = None

    @property
    def failure(self) -> str | None:
        """A row with a URL is a post even when it carries an empty error key."""
        return None if self.url else self.error_code or self.warning_code


_decoder = msgspec.json.Decoder(_Outcome)


class ReplayedRows:
    """The rows of one file."""

    def __init__(self, path: Path, *, include_errors: bool) -> None:
        self._path = path
        self._include_errors = include_errors

    def summary(self) -> Summary:
        """Count the rows."""
        outcomes = Counter(_failure(line) for line in self._lines())
        records = outcomes.pop(None, 0)
        return Summary(records, {code: count for code, count in outcomes.items() if code is not None})

    def delivered(self) -> int:
        """Number of rows in a download."""
        return sum(1 for _ in self.texts())

    def texts(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The file's lines as they are."""
        kept = (line for line in self._lines() if self._include_errors or _failure(line) is None)
        return islice(kept, start, stop)

    def _lines(self) -> Iterator[bytes]:
        with self._path.open("rb") as lines:
            for line in lines:
                if text := line.strip():
                    yield text


def replay_files(folder: Path) -> dict[tuple[str, str | None], Path]:
    """Which file answers which trigger, by dataset id and discover_by.

    Raises:
        ValueError: the folder does not exist or holds no file with a known name.
    """
    known = {
        stem: (dataset.dataset_id, discover_by)
        for dataset in DATASETS.values()
        for stem, discover_by in dataset.replays
    }
    found = {known[path.stem]: path for path in sorted(folder.glob("*.ndjson")) if path.stem in known}
    if not found:
        names = ", ".join(f"{stem}.ndjson" for stem in known)
        raise ValueError(f"{folder} holds no file to replay; known names: {names}")
    return found


def _failure(line: bytes) -> str | None:
    try:
        return _decoder.decode(line).failure
    except msgspec.DecodeError:
        return None
