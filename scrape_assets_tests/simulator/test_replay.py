"""Files served as snapshots: whole, by name, whatever the inputs."""

import json
from pathlib import Path

import pytest

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.simulator.conftest import COMPANY, PERSON, KeyHolder

X_POSTS = "gd_lwxkxvnf1cynvib9co"


def test_a_file_answers_the_triggers_its_name_says(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "url": "https://x.com/a/status/1"},
        {"input": {"url": "https://x.com/b"}, "error_code": "blocked"},
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "x_posts_by_profile_url.ndjson").write_text(content)
    with SimulatorThread(replay_dir=tmp_path) as simulator:
        vendor = KeyHolder(simulator.url)
        snapshot_id = vendor.trigger({"url": "https://x.com/anybody"}, discover_by="profile_url", dataset_id=X_POSTS)
        assert vendor.snapshot(snapshot_id).text == content
        progress = vendor.progress(snapshot_id).json()
        assert (progress["records"], progress["error_codes"]) == (1, {"blocked": 1})
        lean = vendor.trigger(
            {"url": "https://x.com/a"}, discover_by="profile_url", dataset_id=X_POSTS, include_errors="false"
        )
        assert vendor.snapshot(lean).text.count("\n") == 1
        # No file for these: generated rows.
        assert vendor.snapshot(vendor.trigger(PERSON, discover_by="profile_url")).text.count("\n") >= 10


def test_recorded_rows_come_through_unchanged(recorded: Path) -> None:
    file = recorded / "linkedin_posts_by_company_url.ndjson"
    with SimulatorThread(replay_dir=recorded) as simulator:
        vendor = KeyHolder(simulator.url)
        snapshot_id = vendor.trigger(COMPANY)
        assert vendor.snapshot(snapshot_id).content == file.read_bytes()
        progress = vendor.progress(snapshot_id).json()
        assert (progress["records"], progress["errors"], progress["error_codes"]) == (
            12,
            1,
            {"crawl_failed": 1},
        )


def test_a_folder_without_known_files_is_refused_with_the_known_names(tmp_path: Path) -> None:
    (tmp_path / "something.ndjson").write_text("{}\n")
    with pytest.raises(ValueError, match=r"linkedin_posts_by_company_url\.ndjson"):
        SimulatorThread(replay_dir=tmp_path)
