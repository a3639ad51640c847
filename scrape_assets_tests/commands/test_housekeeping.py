"""`scrape-assets housekeeping`: what a person sees of it. What it does is tested in operations/ and dagster/."""

from __future__ import annotations

from scrape_assets_tests.commands.command_line import CommandLine

TASKS = ["retired_partitions", "pruned_runs", "archived_payloads", "database_health"]


def test_it_is_told_before_and_done_with_the_same_words(scrape_assets: CommandLine) -> None:
    before = scrape_assets("housekeeping", "--dry-run")
    assert "nothing was changed" in before.out
    assert "would do" in before.out

    done = scrape_assets("housekeeping", "--json").json

    assert (done["dry_run"], done["error"], list(done["tasks"])) == (False, None, TASKS)
    for one in done["tasks"].values():
        assert " ".join(one["said"].split(":")[:1]) in before.out
    assert {"scrape_assets_bytes", "dagster_bytes"} <= set(done["tasks"]["database_health"]), "both databases"


def test_a_setting_that_cannot_be_is_one_clear_line(scrape_assets: CommandLine) -> None:
    said = scrape_assets("housekeeping", SCRAPE_ASSETS_KEEP_RUNS_DAYS="3").complaint
    assert "SCRAPE_ASSETS_KEEP_RUNS_DAYS: Value error, 0 (for ever) or at least 7 days" in said
