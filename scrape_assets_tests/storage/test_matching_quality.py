"""What was promised of matching, on a small labelled corpus. A large one: `python -m benchmarks matching_quality`."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.storage.corpus_verdict import judged
from scrape_assets_tests.storage.labelled_corpus import corpus


@pytest.mark.parametrize("seed", [1, 2])
def test_authors_are_matched_precisely_and_completely(db: Engine, tmp_path: Path, seed: int) -> None:
    made = corpus(3_000, seed)
    verdict = judged(db, PayloadArchive(f"memory:/{tmp_path}"), made)
    assert verdict.writers.precision >= 0.999, verdict.wrong[:10]
    assert verdict.writers.recall >= 0.99, verdict.missed[:10]
    assert verdict.owners_taken_for_authors == 0
    assert verdict.refused == len(made.refused)
    assert verdict.renames_recorded > 0
    assert verdict.by_role["found_in_feed"].precision >= 0.99, verdict.wrong[:10]
    for role in ("mentioned", "tagged"):
        assert verdict.by_role[role].precision >= 0.97, verdict.wrong[:10]
        assert verdict.by_role[role].recall >= 0.95, verdict.missed[:10]
