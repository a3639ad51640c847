"""What the facets of a Bluesky post do to its text; programs of all kinds write them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post
from scrape_assets.sources.direct.bluesky import SOURCE
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets_tests.sources.direct.bluesky_server import DID, OTHER, facet, view
from scrape_assets_tests.sources.direct.collecting import NOON


def post_of(record: dict[str, Any]) -> Post:
    line = item_line("jo.example.com", NOON, json.dumps({"post": view(900, record=record)}).encode())
    result = SOURCE.mapping.map_line(line[:-1], False)
    assert isinstance(result, Post)
    return result


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (0, 5, "aé b (https://x.example) c"),
        (0, 2, "aé b c"),  # through a letter
        (4, 99, "aé b c"),
        (-1, 3, "aé b c"),
        (3, 3, "aé b c"),
        (3, 4, "aé b c"),  # a space
        (None, 3, "aé b c"),
        (0, 1 << 70, "aé b c"),
    ],
)
def test_links_that_do_not_fit_the_text_leave_it_alone(start: int | None, end: int, text: str) -> None:
    index = {"byteStart": start, "byteEnd": end}
    assert (
        post_of({"text": "aé b c", "facets": [{"index": index, "features": [{"uri": "https://x.example"}]}]}).text
        == text
    )


def test_links_that_overlap_are_written_once() -> None:
    text = "one two three"
    facets = [
        {"index": {"byteStart": 0, "byteEnd": 7}, "features": [{"uri": "https://a.example"}]},
        {"index": {"byteStart": 4, "byteEnd": 13}, "features": [{"uri": "https://b.example"}]},
    ]
    assert post_of({"text": text, "facets": facets}).text == "one two (https://a.example) three"


def test_a_mention_whose_text_is_no_handle_is_the_did() -> None:
    text = "@kim and Kim"
    facets = [facet(text, "@kim", did=OTHER), facet(text, "Kim", did=DID)]
    assert post_of({"text": text, "facets": facets}).mentions == [OTHER, DID]


indexes = st.fixed_dictionaries({"byteStart": st.integers(-2, 30), "byteEnd": st.integers(-2, 30)})


@given(st.text(), st.lists(indexes))
def test_no_facets_raise(text: str, places: list[dict[str, int]]) -> None:
    facets = [{"index": index, "features": [{"uri": "https://x.example"}]} for index in places]
    post_of({"text": text, "facets": facets})
