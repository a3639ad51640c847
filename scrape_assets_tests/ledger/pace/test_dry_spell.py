"""When collections that bring nothing are unusual."""

import pytest

from scrape_assets.ledger.pace.dry_spell import Yield, why_dry

USUAL = [Yield(5, 21)] * 10
NOTHING = Yield(5, 0)


def test_three_collections_without_a_post_where_there_used_to_be_some_are_told_in_words() -> None:
    assert why_dry([Yield(10, 0)] * 3 + USUAL) == (
        "answers, but its last 3 collections (30 inputs) brought nothing, where the median is 4.2 posts an input"
    )


@pytest.mark.parametrize(
    ("latest_first", "why_not"),
    [
        ([], "nothing was ever collected"),
        ([NOTHING] * 2 + USUAL, "two only"),
        ([Yield(3, 0)] * 3 + USUAL, "nine inputs only"),
        ([NOTHING] * 5, "nothing is known of what is usual"),
        ([NOTHING] * 3 + [Yield(5, 4)] * 10, "less than a post an input is usual"),
        ([NOTHING] * 3 + [NOTHING, Yield(5, 40)] * 0 + [Yield(5, 0), Yield(5, 1), Yield(5, 2)], "few posts are usual"),
        ([Yield(5, 1)] + [NOTHING] * 3 + USUAL, "something came again"),
    ],
)
def test_what_proves_nothing_is_let_be(latest_first: list[Yield], why_not: str) -> None:
    assert why_dry(latest_first) is None, why_not


def test_many_small_ones_count_together() -> None:
    assert why_dry([Yield(1, 0)] * 9 + USUAL) is None
    assert "last 10 collections (10 inputs)" in str(why_dry([Yield(1, 0)] * 10 + USUAL))


def test_a_long_spell_does_not_become_what_is_usual() -> None:
    assert why_dry([NOTHING] * 40 + USUAL) is not None
