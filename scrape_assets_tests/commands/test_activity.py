"""`scrape-assets activity`: a range of days without a daemon."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy.engine import Engine

from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.storage.posted import Posted


@pytest.fixture
def posted(db: Engine) -> Posted:
    """What is in the tables."""
    posted = Posted(db)
    posted.people()
    return posted


def test_a_range_is_computed_shown_and_recorded(scrape_assets: CommandLine, posted: Posted) -> None:
    ran = scrape_assets.process("activity", "--from", "2026-11-09", "--to", "2026-11-11", "--json")

    assert (ran.status, ran.err) == (0, "")
    assert (ran.json["success"], ran.json["from"], ran.json["to"]) == (True, "2026-11-09", "2026-11-11")
    assert [(one["day"], one["creator"], one["engagement"], one["growth"]) for one in ran.json["top_creators"]][:3] == [
        ("2026-11-11", "Ada", 1000, pytest.approx(1000 / (45 / 28) - 1)),
        ("2026-11-10", "Ada", 17, 7.5),
        ("2026-11-10", "Chidi", 0, None),
    ]
    assert posted.rows("SELECT count(*) FROM creator_activity") == [(6,)]


def test_people_see_a_table(scrape_assets: CommandLine, posted: Posted) -> None:
    ran = scrape_assets("activity", "--from", "2026-11-10", "--to", "2026-11-10")

    assert ran.status == 0
    [ada] = [line.split() for line in ran.out.splitlines() if "Ada" in line and "linkedin" in line]
    assert ada == ["2026-11-10", "Ada", "linkedin", "2", "0", "0", "17", "100", "+750%"]
    assert "2026-11-10 to 2026-11-10 computed" in ran.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--from", "2026-11-12", "--to", "2026-11-11"), "--from 2026-11-12 lies after --to 2026-11-11"),
        (("--from", "yesterday"), "'yesterday' is no date; write it as YYYY-MM-DD"),
        (("--to", "2024-12-31"), "2024-12-31 is too early; the first day that can be collected is 2025-01-01"),
    ],
)
def test_what_is_no_range_is_one_clear_line(
    scrape_assets: CommandLine, arguments: tuple[str, ...], complaint: str
) -> None:
    with time_machine.travel("2026-11-22 12:00Z"):
        assert scrape_assets("activity", *arguments).complaint == complaint
