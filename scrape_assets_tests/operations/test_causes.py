"""A thousand dead letters of one cause are one line."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scrape_assets.ledger.dead_letters import DeadLetter, LetterKind
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.operations.causes import blanked, by_cause

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def letter(
    number: int, error: str | None, error_class: ErrorClass = ErrorClass.SERVER, platform: str = "x"
) -> DeadLetter:
    return DeadLetter(
        kind=LetterKind.JOB, id=f"job-{number}", status="dead", platform=platform, target_id="somebody", source=None,
        snapshot_id=None, collection_date=date(2026, 11, 20), attempts=5, error_class=error_class, error=error,
        died_at=NOW - timedelta(minutes=number),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (
            "its snapshot linkedin-20261120-01m7wd7tg0s0n3a6d5 is dead: part 2 is short by 17 bytes",
            "its snapshot linkedin-20261121-01m7wd7tg02pdvyewt is dead: part 13 is short by 1,024 bytes",
            "its snapshot <id> is dead: part <n> is short by <n> bytes",
        ),
        (
            "https://api.example.com/v1/x?id=7 answered HTTP 502",
            "https://api.example.com/v1/y?id=8 answered HTTP 502",
            "<url> answered HTTP 502",
        ),
        (
            "The process host:4711:9f3a ended before it asked the source",
            "The process run:0b0cde1e-7a0f-4f3c-9a51-aa10e2b2c9d5 ended before it asked the source",
            "The process <id> ended before it asked the source",
        ),
        ("the vendor lists s_mhx3k2ab1, sd_lz9q8w7e6", "the vendor lists sd_00aa11bb22, s_1", None),
        ("still 'running' after 24 hours", "still 'running' after 24.5 hours", "still 'running' after <n> hours"),
    ],
)
def test_what_differs_between_two_of_a_kind_is_blanked_out(one: str, other: str, common: str | None) -> None:
    assert blanked(one) == (common or blanked(one))
    assert common is None or blanked(other) == common


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("answered HTTP 404", "answered HTTP 403"),
        ("Account is suspended", "Account is new"),
        ("url: Required field", "keyword: Required field"),
    ],
)
def test_what_tells_two_causes_apart_stays(one: str, other: str) -> None:
    assert blanked(one) != blanked(other)
    assert "<" not in blanked(one)


def test_the_most_frequent_cause_is_first_with_the_newest_as_its_example() -> None:
    letters = [
        letter(1, "no profile 17", ErrorClass.BAD_REQUEST),
        letter(2, "broke at part 3"),
        letter(3, "broke at part 4", platform="linkedin"),
        letter(4, "broke at part 3", ErrorClass.NETWORK),
        letter(5, None),
    ]
    causes = by_cause(letters)
    assert [(cause.count, cause.error_class, cause.message) for cause in causes] == [
        (2, "server", "broke at part <n>"),
        (1, "network", "broke at part <n>"),
        (1, "bad_request", "no profile <n>"),
        (1, "server", "no reason was noted"),
    ]
    first = causes[0]
    assert (first.example, first.newest) == ("job-2", NOW - timedelta(minutes=2))
    assert first.platforms == {"x": 1, "linkedin": 1}


def test_a_page_of_html_is_cut_and_blanked_in_time() -> None:
    assert len(blanked("<html>" + "a-1:" * 100_000)) <= 300
