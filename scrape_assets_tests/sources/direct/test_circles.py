"""Listings that never end are noticed."""

import pytest

from scrape_assets.sources.direct.circles import Circle


def test_a_listing_that_goes_on_bringing_posts_is_none() -> None:
    circle = Circle("x")
    assert not any(circle.closed(str(page), str(page + 1), [f"post-{page}"]) for page in range(100))


@pytest.mark.parametrize(("asked", "following"), [("b", "b"), ("b", "a")])
def test_a_cursor_that_was_asked_before_closes_it(asked: str, following: str) -> None:
    circle = Circle("x")
    assert not circle.closed("a", "b", ["1"])
    assert circle.closed(asked, following, ["2"])


@pytest.mark.parametrize("ids", [[], ["1"]])
def test_new_cursors_without_new_posts_close_it_in_the_end(ids: list[str]) -> None:
    circle = Circle("x", patience=2)
    assert not circle.closed(None, "a", ["1"])
    assert not circle.closed("a", "b", ids)
    assert circle.closed("b", "c", ids)


def test_an_empty_page_in_between_is_forgiven() -> None:
    circle = Circle("x", patience=2)
    found = [["1"], [], ["2"], [], ["3"], []]
    assert not any(circle.closed(str(page), str(page + 1), ids) for page, ids in enumerate(found))
