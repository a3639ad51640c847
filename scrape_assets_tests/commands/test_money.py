from collections.abc import Callable
from typing import Any

import pytest

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.commands.command_line import CommandLine, Ran

LINKEDIN = ("collect", "--platform", "linkedin")


@pytest.fixture
def priced(scrape_assets: CommandLine, creators: list[str]) -> Callable[..., Ran]:
    """The command line with a price of a cent for each record."""

    def run(*arguments: str, **settings: Any) -> Ran:
        return scrape_assets(*arguments, **{"SCRAPE_ASSETS_PRICES": '{"brightdata": 0.01}', **settings})

    return run


def test_a_dry_run_says_what_would_be_asked_for_and_cost_and_asks_nobody(
    priced: Callable[..., Ran], vendor: SimulatorThread
) -> None:
    ran = priced(*LINKEDIN, "--dry-run", SCRAPE_ASSETS_BUDGETS='{"day": 0.3}')
    assert ran.status == 0
    assert "would ask for 1 inputs in 1 batches, about 25 records, about $0.25" in ran.out
    assert "the day's budget of $0.30 has $0.05 left" in ran.out
    assert "nobody was asked, and nothing is written" in ran.out
    assert vendor.control.calls() == {}
    assert priced("jobs", "--json").json == []

    document = priced(*LINKEDIN, "--dry-run", "--json").json
    assert (document["inputs"], len(document["batches"]), document["records"]) == (3, 2, 75.0)
    assert float(document["cost_usd"]) == 0.75


def test_a_dry_run_needs_no_vendor_at_all(scrape_assets: CommandLine, creators: list[str]) -> None:
    ran = scrape_assets(*LINKEDIN, "--dry-run", BRIGHTDATA_API_KEY="", BRIGHTDATA_API_URL="")
    assert ran.status == 0
    assert "would ask for nothing" in ran.out
    assert "3 jobs: wait: brightdata is not configured" in ran.out


def test_what_a_budget_holds_back_is_said_by_the_collection_and_the_rest_is_collected(
    priced: Callable[..., Ran], vendor: SimulatorThread
) -> None:
    ran = priced(*LINKEDIN, SCRAPE_ASSETS_BUDGETS='{"linkedin": {"month": 0.3}}')
    assert ran.status == 0
    assert sum(len(job["inputs"]) for job in vendor.control.accepted()) == 1
    assert "2 wait: would cost about $0.25; the month's budget of $0.30 for linkedin has $0.05 left" in ran.out


def test_costs_and_the_status_tell_what_was_spent(priced: Callable[..., Ran], creators: list[str]) -> None:
    assert "nothing was asked for from" in priced("costs").out
    assert priced(*LINKEDIN).status == 0
    assert priced("process", "--wait", "30").status == 0

    assert "$0.09" in priced("costs").out  # three records of each
    by_creator = priced("costs", "--by", "creator", "--json").json
    assert {line["name"]: float(line["cost_usd"]) for line in by_creator["costs"]} == dict.fromkeys(creators, 0.03)
    assert float(by_creator["cost_usd"]) == 0.09

    status = priced("status", SCRAPE_ASSETS_BUDGETS='{"day": 1}')
    assert "spent: $0.09 today, $0.09 this month (UTC)" in status.out
    assert "the day's budget of $1.00: $0.91 left" in status.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--since", "yesterday"), "'yesterday' is no date; write it as YYYY-MM-DD"),
        (("--since", "2026-02-02", "--until", "2026-02-01"), "--since 2026-02-02 lies after --until 2026-02-01"),
    ],
)
def test_days_that_are_none_are_said_in_one_line(
    scrape_assets: CommandLine, arguments: tuple[str, ...], complaint: str
) -> None:
    assert scrape_assets("costs", *arguments).complaint == complaint


@pytest.mark.parametrize("command", [LINKEDIN, (*LINKEDIN, "--dry-run"), ("status",)])
@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("SCRAPE_ASSETS_BUDGETS", '{"linkdin": {"day": 1}}', "unknown platform 'linkdin'. Did you mean linkedin?"),
        ("SCRAPE_ASSETS_PRICES", '{"brightdata": "cheap"}', "SCRAPE_ASSETS_PRICES.brightdata: "),
    ],
)
def test_a_price_or_budget_that_is_none_is_said_before_anything_is_paid(
    scrape_assets: CommandLine,
    creators: list[str],
    vendor: SimulatorThread,
    command: tuple[str, ...],
    variable: str,
    value: str,
    complaint: str,
) -> None:
    assert complaint in scrape_assets(*command, **{variable: value}).complaint
    assert vendor.control.accepted() == []
