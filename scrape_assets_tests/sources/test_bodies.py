"""Bodies in pieces: decompressed whole, however they are cut, and never trusted when they are not whole."""

import gzip
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.bodies import PIECE, gunzipped, gunzipped_if_gzip
from scrape_assets.sources.errors import SourceError


def cut(whole: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({place % (len(whole) + 1) for place in places} | {0, len(whole)})
    return [whole[start:end] for start, end in pairwise(marks)]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.lists(st.integers(0, 10_000), max_size=8))
def test_gzip_of_several_members_is_read_however_it_is_cut(texts: list[bytes], places: list[int]) -> None:
    packed = b"".join(gzip.compress(text) for text in texts) + b"\0" * 5
    assert b"".join(gunzipped(cut(packed, places))) == b"".join(texts)


@given(st.integers(0, 10_000))
def test_gzip_that_ends_too_early_is_never_taken_for_whole(place: int) -> None:
    packed = gzip.compress(random.Random(1).randbytes(2000))
    shorter = packed[: 1 + place % (len(packed) - 1)]
    with pytest.raises(SourceError, match="ends too early") as caught:
        list(gunzipped([shorter]))
    assert caught.value.error_class is ErrorClass.NETWORK


def test_strongly_compressed_bodies_come_in_small_pieces() -> None:
    pieces = list(gunzipped([gzip.compress(b"\0" * (8 << 20))]))
    assert sum(map(len, pieces)) == 8 << 20
    assert max(map(len, pieces)) <= PIECE


@pytest.mark.parametrize("tail", [b"garbage", b"\x1f\x8bxx"])
def test_garbage_after_gzip_is_damage(tail: bytes) -> None:
    with pytest.raises(SourceError, match="damaged"):
        list(gunzipped([gzip.compress(b"fine") + tail]))


@pytest.mark.parametrize("body", [[], [b""], [b"{"], [b"{", b"}"], [b"\x1f", b"{"]])
def test_what_is_not_gzip_passes_untouched(body: list[bytes]) -> None:
    assert b"".join(gunzipped_if_gzip(iter(body))) == b"".join(body)


def test_gzip_is_seen_even_when_its_first_bytes_come_singly() -> None:
    packed = gzip.compress(b"fine")
    assert b"".join(gunzipped_if_gzip(iter([packed[:1], packed[1:]]))) == b"fine"
