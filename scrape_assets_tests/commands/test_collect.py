from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.commands.command_line import CommandLine

LINKEDIN = ("collect", "--platform", "linkedin")


@pytest.fixture
def untouched(vendor: SimulatorThread) -> Iterator[SimulatorThread]:
    """A vendor that must not have been asked for anything when the test is over."""
    yield vendor
    assert vendor.control.accepted() == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--platform", "linkdin"), "unknown platform 'linkdin'. Did you mean linkedin?"),
        (("--platform", "linkedin", "--date", "yesterday"), "'yesterday' is no date; write it as YYYY-MM-DD"),
        (("--platform", "linkedin", "--date", "2026-02-30"), "'2026-02-30' is no date"),
        (("--platform", "linkedin", "--date", "2999-01-01"), "2999-01-01 lies in the future; today is "),
        (("--platform", "linkedin", "--date", "1999-12-31"), "1999-12-31 is too early"),
        (("--platform", "linkedin", "--creator", "nobody"), "there is no creator nobody"),
        (("--platform", "linkedin"), "no creator has a linkedin profile, and there is no event; import some: "),
    ],
)
def test_what_cannot_be_collected_is_said_in_one_line(
    scrape_assets: CommandLine, untouched: SimulatorThread, arguments: tuple[str, ...], complaint: str
) -> None:
    ran = scrape_assets("collect", *arguments)
    assert complaint in ran.complaint
    assert (ran.status, ran.out) == (1, "")


def test_an_unknown_creator_stops_the_known_ones_too(
    scrape_assets: CommandLine, creators: list[str], untouched: SimulatorThread
) -> None:
    ran = scrape_assets(*LINKEDIN, "--creator", creators[0], "--creator", "nobody")
    assert (ran.complaint, ran.out) == ("there is no creator nobody", "")


def test_a_refused_key_is_said_before_anything_is_triggered(
    scrape_assets: CommandLine, creators: list[str], untouched: SimulatorThread
) -> None:
    ran = scrape_assets(*LINKEDIN, BRIGHTDATA_API_KEY="bad-key")
    assert "key" in ran.complaint
    assert "bad-key" not in ran.err
    assert scrape_assets("jobs", "--json").json == []


@pytest.mark.parametrize("key", ["", "two words"])
def test_an_unusable_key_is_said_before_anything_is_triggered(
    scrape_assets: CommandLine, creators: list[str], untouched: SimulatorThread, key: str
) -> None:
    assert "BRIGHTDATA_API_KEY" in scrape_assets(*LINKEDIN, BRIGHTDATA_API_KEY=key).complaint


def test_without_a_key_and_without_a_simulator_it_says_what_to_do(
    scrape_assets: CommandLine, creators: list[str]
) -> None:
    ran = scrape_assets(*LINKEDIN, BRIGHTDATA_API_KEY="", BRIGHTDATA_API_URL="")
    assert "no BRIGHTDATA_API_KEY is set and no simulator runs" in ran.complaint
    assert "scrape-assets up" in ran.complaint


def test_a_vendor_that_does_not_answer_is_said_in_one_line(scrape_assets: CommandLine, creators: list[str]) -> None:
    ran = scrape_assets(*LINKEDIN, BRIGHTDATA_API_URL="http://127.0.0.1:9")
    assert "127.0.0.1" in ran.complaint or "Bright Data" in ran.complaint


def test_a_day_is_asked_for_once_and_again_only_by_force(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    first = scrape_assets(*LINKEDIN, "--json")
    asked = vendor.control.accepted()
    assert first.status == 0
    assert sum(snapshot["inputs"] for snapshot in first.json["snapshots"]) == len(creators)
    assert {snapshot["vendor_snapshot_id"] for snapshot in first.json["snapshots"]} == {
        job["snapshot_id"] for job in asked
    }
    assert sum(len(job["inputs"]) for job in asked) == len(creators)

    again = scrape_assets(*LINKEDIN)
    assert "nothing new to ask for" in again.out
    assert vendor.control.accepted() == asked

    forced = scrape_assets(*LINKEDIN, "--force")
    assert forced.status == 0
    assert sum(len(job["inputs"]) for job in vendor.control.accepted()) == 2 * len(creators)


def test_only_the_named_creators_of_the_named_day_are_asked_for(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread, tmp_path: Path
) -> None:
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    # The name of the platform is taken as people write it.
    ran = scrape_assets("collect", "--platform", "LinkedIn", "--date", day, "--creator", creators[1], "--json")
    assert ran.status == 0
    assert ran.json["jobs"]["processing"] == 1
    assert [job["inputs"][0]["url"] for job in vendor.control.accepted()] == [
        "https://www.linkedin.com/in/otto-brandvik"
    ]
    jobs = scrape_assets("jobs", "--json").json
    assert [(job["target_id"], job["collection_date"]) for job in jobs] == [("otto-brandvik", day)]


def test_what_the_vendor_refuses_fails_the_command_with_its_reason(
    scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    vendor.control.fault("throttled", operation="trigger")
    ran = scrape_assets(*LINKEDIN)
    assert "asks us to slow down" in ran.complaint
    assert "the jobs stay in the ledger" in ran.complaint
    assert "3 pending" in ran.out
