"""`scrape-assets why`."""

import pytest

from scrape_assets_tests.commands.command_line import CommandLine


@pytest.fixture
def job(scrape_assets: CommandLine, creators: list[str]) -> str:
    """The id of a job whose snapshot is processed."""
    assert scrape_assets("collect", "--platform", "linkedin", "--creator", creators[0]).status == 0
    assert scrape_assets("process").status == 0
    [job] = scrape_assets("jobs", "--json").json
    return str(job["job_id"])


def test_the_answer_comes_first_and_then_what_happened(scrape_assets: CommandLine, job: str) -> None:
    ran = scrape_assets("why", job[:8])

    assert ran.status == 0
    headline, answer, *rest = ran.out.splitlines()
    assert headline.startswith(f"job {job}: completed; creator ines-moreau on linkedin, ")
    assert answer.startswith("- It waits for nothing: completed at ")
    happened = "\n".join(rest)
    for what in ("asked for", "pending → processing", "snapshot running → ready", "brightdata download: HTTP 200"):
        assert what in happened or what.replace("running", "pending") in happened

    told = scrape_assets("why", job, "--json").json
    assert told["job"]["job_id"] == job
    assert told["why"][0] == answer.removeprefix("- ")
    assert [change["to_status"] for change in told["changes"] if change["kind"] == "job"] == ["processing", "completed"]
    assert {call["operation"] for call in told["calls"]} >= {"trigger", "progress", "download"}
    assert told["costs"][0]["snapshot_id"] == told["job"]["snapshot_id"]

    snapshot = scrape_assets("why", told["job"]["snapshot_id"], "--limit", "2")
    assert snapshot.out.startswith(f"snapshot {told['job']['snapshot_id']}: processed; 1 inputs at brightdata")
    assert "earlier lines are left out: --limit" in snapshot.out


def test_what_there_is_not_is_one_clear_line(scrape_assets: CommandLine) -> None:
    assert scrape_assets("why", "nonsense").complaint == "there is no job and no snapshot 'nonsense'"
