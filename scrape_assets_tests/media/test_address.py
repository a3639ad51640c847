"""Which file an address leads to and until when, from the address alone. All addresses are invented."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.media_address import file_key, is_signed, signed_until

UNTIL = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECONDS = int(UNTIL.timestamp())
HEX = f"{SECONDS:X}"
ZEROS, ONES = "0" * 32, "1" * 32

SIGNED = [
    (f"https://scontent-a.cdninstagram.com/v/t51/1_n.jpg?oh=00_A&oe={HEX}", "https://scontent-b-1.cdninstagram.com/v/t51/1_n.jpg?oh=00_B&oe=6AAAAAAA"),
    (f"https://scontent.xx.fbcdn.net/v/t39/2_n.jpg?stp=x&oh=1&oe={HEX}", "https://video.fbcdn.net/v/t39/2_n.jpg?oh=2&oe=6AAAAAAA"),
    (f"https://p16-sign.tiktokcdn-us.com/o/3~tplv.jpeg?x-expires={SECONDS}&x-signature=a", "https://p19-sign.tiktokcdn-us.com/o/3~tplv.jpeg?x-expires=1800000000&x-signature=b"),
    (f"https://v16m.tiktokcdn.com/{ZEROS}/{HEX.lower()}/video/tos/4/?a=1", f"https://v19m.tiktokcdn.com/{ONES}/6aaaaaaa/video/tos/4/?a=2"),
    (f"https://media.licdn.com/dms/image/5/p.jpg?e={SECONDS}&v=beta&t=a", "https://media.licdn.com/dms/image/5/p.jpg?e=1800000000&v=beta&t=b"),
    (f"https://rr1---sn-a.googlevideo.com/videoplayback?expire={SECONDS}&id=o-6&itag=22&sig=a", "https://rr9---sn-b.googlevideo.com/videoplayback?expire=1800000000&itag=22&id=o-6&sig=b"),
    (f"https://cdn.example.com/7.jpg?w=1&Expires={SECONDS}&Signature=a&Key-Pair-Id=k", "https://cdn.example.com/7.jpg?w=1&Expires=1800000000&Signature=b&Key-Pair-Id=k"),
    ("https://bucket.example.com/8.jpg?X-Amz-Date=20261121T110000Z&X-Amz-Expires=3600&X-Amz-Signature=a", "https://bucket.example.com/8.jpg?X-Amz-Date=20261122T110000Z&X-Amz-Expires=3600&X-Amz-Signature=b"),
    ("https://blob.example.com/9.jpg?sv=2024&se=2026-11-21T12%3A00%3A00Z&sig=a", "https://blob.example.com/9.jpg?sv=2024&se=2026-11-22T12%3A00%3A00Z&sig=b"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), SIGNED)
def test_a_new_signature_is_no_new_file_and_the_old_one_tells_its_end(first: str, second: str) -> None:
    assert file_key(first) == file_key(second)
    assert signed_until(first) == UNTIL
    assert is_signed(first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://pbs.example.com/a?format=jpg&name=small", "https://pbs.example.com/a?format=jpg&name=large"),
        ("https://cdn.example.com/1.jpg", "https://cdn.example.com/2.jpg"),
        ("https://a.example.com/1.jpg", "https://b.example.com/1.jpg"),
        ("https://x.cdninstagram.com/v/1.jpg", "https://x.cdninstagram.com/v/2.jpg"),
        (
            "https://r.googlevideo.com/videoplayback?expire=1800000000&id=a&itag=22",
            "https://r.googlevideo.com/videoplayback?expire=1800000000&id=a&itag=18",
        ),
        (
            "https://cdn.example.com/i?file=1&expires=1800000000&signature=a",
            "https://cdn.example.com/i?file=2&expires=1800000000&signature=a",
        ),
        ("https://cdninstagram.com.example.com/1.jpg?a=1", "https://cdninstagram.com.example.com/1.jpg?a=2"),
    ],
)
def test_what_may_be_another_file_is_one(first: str, second: str) -> None:
    assert file_key(first) != file_key(second)


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.com/1.jpg",
        "https://cdn.example.com/1.jpg?expires=never",
        "https://cdn.example.com/1.jpg?expires=99999999999999",
        "https://cdn.example.com/1.jpg?expire=12",
        "https://cdn.example.com/1.jpg?oe=65000000",
        "https://cdn.example.com/1.jpg?X-Amz-Date=today&X-Amz-Expires=1",
        "https://cdn.example.com/1.jpg?X-Amz-Date=20261121T110000Z&X-Amz-Expires=" + "9" * 40,
        "http://[::1",
        "",
    ],
)
def test_an_address_that_says_no_end_has_none_that_is_believed(url: str) -> None:
    found = signed_until(url)
    assert found is None or found > datetime(2100, 1, 1, tzinfo=UTC)
    assert len(file_key(url)) == 64


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_whatever_stands_there_has_a_key(text: str) -> None:
    for url in (text, f"https://cdn.example.com/{text}", f"https://x.cdninstagram.com/a?{text}"):
        assert file_key(url) == file_key(url)
        signed_until(url)
