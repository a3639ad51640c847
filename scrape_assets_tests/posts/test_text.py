import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.text import clean_text, text_of_html

anything = st.text(alphabet=st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("given_text", "clean"),
    [
        (None, None),
        ("", None),
        ("\x00\x00", None),
        ("a\x00b", "ab"),
        ("half \ud800 of a pair", "half \ufffd of a pair"),
        ("other half \udc00", "other half \ufffd"),
        ("both halves \ud83d\ude00", "both halves \U0001f600"),
        ("é\x00\ud83d", "é\ufffd"),
        ("שלום עולם \u202eabc\u202c", "שלום עולם \u202eabc\u202c"),
        ("👩‍👩‍👧‍👦 \t\r\n ", "👩‍👩‍👧‍👦 \t\r\n "),
    ],
)
def test_only_what_the_database_refuses_is_changed(given_text: str | None, clean: str | None) -> None:
    assert clean_text(given_text) == clean


def test_long_texts_keep_their_length() -> None:
    assert clean_text("ї" * 20_000) == "ї" * 20_000


@given(anything)
def test_every_text_can_be_stored_and_cleaning_twice_changes_nothing(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    if clean is not None:
        assert "\x00" not in clean
        clean.encode()


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (None, None),
        ("<p></p>", None),
        ("Tea &amp; <a class=\"link\" href='x'>#Cake</a><br/>for 2 &lt; 3", "Tea & #Cake\nfor 2 < 3"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("NUL &#0; and &#xD800;", "NUL \ufffd and \ufffd"),
    ],
)
def test_html_becomes_what_a_reader_sees(markup: str | None, text: str | None) -> None:
    assert text_of_html(markup) == text
