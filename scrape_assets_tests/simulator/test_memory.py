"""Snapshots of any size cost no memory: rows are made while they are sent."""

import io
import tracemalloc
from datetime import UTC, datetime

from scrape_assets.simulator.bodies import body
from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.payloads import write_rows
from scrape_assets_tests.simulator.test_linkedin_rows import COMPANY, job

SEEN = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Nowhere(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, chunk: object) -> int:
        return len(chunk)  # type: ignore[arg-type]


def test_a_billion_rows_are_planned_and_begun_at_once() -> None:
    rows = GeneratedRows(job(COMPANY, by="company_url", rows_per_input=10**9))
    assert rows.delivered() == 10**9
    assert len(next(body(rows.texts(10**9 - 2000), "ndjson"))) > 60_000


def test_writing_thirty_megabytes_of_rows_takes_a_few_of_memory() -> None:
    nowhere = io.BufferedWriter(Nowhere())
    write_rows(nowhere, 100, seed=1, seen=SEEN)  # whatever is made once
    tracemalloc.start()
    try:
        written = write_rows(nowhere, 10_000, seed=1, seen=SEEN)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert written > 20_000_000
    assert peak < 4_000_000


def test_a_payload_file_has_the_lines_asked_for_and_repeats_byte_for_byte() -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        written = write_rows(file, 1234, seed=5, seen=SEEN, authors=7)
        assert written == len(file.getvalue())
    assert files[0].getvalue() == files[1].getvalue()
    assert files[0].getvalue().count(b"\n") == 1234
