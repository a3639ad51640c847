"""JSON arrays come out as lines with every element's bytes kept, however the body is cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.sources.brightdata.arrays import array_lines
from scrape_assets.sources.errors import SourceError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def lines_of(body: bytes, places: list[int] | None = None) -> bytes:
    marks = sorted({place % (len(body) + 1) for place in places or []} | {0, len(body)})
    return b"".join(array_lines(body[start:end] for start, end in pairwise(marks)))


@given(st.lists(VALUES, max_size=5), st.lists(st.integers(0, 10_000), max_size=12), st.booleans(), st.booleans())
def test_every_element_becomes_a_line(values: list[object], places: list[int], ascii_: bool, pretty: bool) -> None:
    if not ascii_:  # lone surrogates exist only as escapes
        values = json.loads(json.dumps(values).replace("\\ud", "\\u0"))
    body = json.dumps(values, ensure_ascii=ascii_, indent=2 if pretty else None).encode()
    out = lines_of(body, places)
    assert out.endswith(b"\n") or not values
    assert [json.loads(line) for line in out.split(b"\n")[:-1]] == values


@pytest.mark.parametrize("number", [b"0", b"-12.5e+19", b"1E-7", b"true", b"-Infinity"])
def test_a_number_is_one_wherever_it_is_cut(number: bytes) -> None:
    body = b"[" + number + b"," + number + b"]"
    for place in range(len(body)):
        assert lines_of(body, [place]) == number + b"\n" + number + b"\n"


@given(st.lists(st.integers(0, 60), max_size=6))
def test_bytes_are_kept_as_they_came(places: list[int]) -> None:
    first = b'{"n":1.50e+2, "big":12345678901234567890.10,"bad":"\xff\xed\xa0\x80 \\ud800 \xc3\xa9"}'
    assert lines_of(b" [" + first + b" ,\n 12 ,null]\n", places) == first + b"\n12\nnull\n"


def test_a_number_too_long_for_python_is_still_a_row() -> None:
    number = b"9" * 10_000
    assert lines_of(b'[{"n":' + number + b"}]") == b'{"n":' + number + b"}\n"


@pytest.mark.parametrize("body", [b"", b"  ", b"[]", b" [ ] \n"])
def test_nothing_is_no_bytes(body: bytes) -> None:
    assert lines_of(body) == b""


@pytest.mark.parametrize(
    ("body", "out"),
    [
        (b'[{"a":1},{"a":2', b'{"a":1}\n{"a":2'),
        (b'[{"a":1},{"a":[2]', b'{"a":1}\n{"a":[2]'),
        (b'[{"a":1},{"a":"\xc3', b'{"a":1}\n{"a":"\xc3'),
        (b'[{"a":1},\n{"a":\n"x', b'{"a":1}\n{"a": "x'),
        (b'[{"a":1},{"a":"\\u00', b'{"a":1}\n{"a":"\\u00'),
        (b'[{"a":1},{"a":tr', b'{"a":1}\n{"a":tr'),
        (b'[{"a":1},', b'{"a":1}\n,'),
        (b'[{"a":1}', b'{"a":1}\n,'),
        (b'[{"a":1} \n', b'{"a":1}  \n,'),
        (b"[12.", b"12."),
        (b"[", b","),
    ],
)
def test_an_array_that_breaks_off_keeps_its_beginning_and_shows_that_there_was_more(body: bytes, out: bytes) -> None:
    assert lines_of(body) == out
    assert lines_of(body, list(range(len(body)))) == out


@pytest.mark.parametrize(
    "body",
    [
        b'[{"a":1},{"a":oops, "b":"and more of it"},{"a":3}]',
        b'[{"a":1} {"a":2}]',
        b'[{"a":1}] and more',
        b'{"a":1}',
        b"[" + b"[" * 200_000,
    ],
    ids=["word", "comma", "after", "object", "deep"],
)
def test_a_damaged_array_is_not_half_taken(body: bytes) -> None:
    with pytest.raises(SourceError, match="the JSON array is damaged"):
        lines_of(body)


def test_one_long_element_in_many_pieces_is_not_scanned_again_and_again() -> None:
    element = json.dumps({"text": "x" * 3_000_000}).encode()
    body = b"[" + element + b"," + element + b"]"
    assert lines_of(body, list(range(0, len(body), 1000))) == element + b"\n" + element + b"\n"
