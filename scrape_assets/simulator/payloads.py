"""Payload files of any length for benchmarks, written straight to disk. No HTTP, no jobs in a store."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from scrape_assets.simulator.bodies import body
from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.jobs import Order, SimulatedJob
from scrape_assets.simulator.linkedin import POSTS_DATASET
from scrape_assets.simulator.settings import ContentSettings


def write_rows(
    target: Path | BinaryIO,
    rows: int,
    *,
    seed: int,
    seen: datetime,
    authors: int = 100,
    fat: bool = False,
    error_rate: float = 0.0,
) -> int:
    """Write LinkedIn rows as NDJSON, in bounded memory.

    Args:
        target: the file to write, or one that is open for writing bytes.
        rows: how many lines; each post has an id of its own.
        seed: the same seed, number and time give the same bytes.
        seen: when the vendor looked (aware); posts lie in the year before.
        authors: among so many company feeds the rows are divided.
        fat: rows of 8 kB and more, instead of 2.5.
        error_rate: share of lines that are error rows.

    Returns:
        The number of bytes written.
    """
    if isinstance(target, Path):
        with target.open("wb") as file:
            return write_rows(file, rows, seed=seed, seen=seen, authors=authors, fat=fat, error_rate=error_rate)
    per_author = -(-rows // authors)
    urls = [f"https://www.linkedin.com/company/bench-{number}" for number in range(authors)]
    job = SimulatedJob(
        snapshot_id="s_payload",
        order=Order(
            dataset_id=POSTS_DATASET,
            discover_by="company_url",
            inputs=tuple({"url": url} for url in urls),
            include_errors=True,
        ),
        created=seen,
        ready_at=seen + timedelta(seconds=10),
        seed=seed,
        content=ContentSettings(rows_per_input=per_author, fat=fat, error_rate=error_rate),
    )
    return sum(target.write(chunk) for chunk in body(GeneratedRows(job).texts(0, rows), "ndjson"))
