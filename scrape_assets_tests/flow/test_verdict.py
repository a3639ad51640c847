"""What follows from what the source said of an input, code by code."""

import pytest

from scrape_assets.flow.fates.verdict import MAY_MEAN, TRANSIENT_CODES, judge
from scrape_assets.storage.reading import SourceComplaint

# The codes that were seen or are documented; facts of the vendor, section 1.12.
PASSING = ["crawl_failed", "net_err_timed_out", "blocked", "crawl_error", "wait_element_timeout", "click_timeout"]
STOPPED = ["aborted_page"]
FINAL = ["dead_page", "bad_input", "parse_error", "load_sitemap", "status_code"]


def said(*codes: str | None) -> list[SourceComplaint]:
    return [SourceComplaint("source_error", code, "it did not work", "search:tea") for code in codes]


def test_every_known_code_is_judged() -> None:
    assert {*PASSING, *STOPPED} == TRANSIENT_CODES
    assert set(FINAL) == set(MAY_MEAN)


@pytest.mark.parametrize("code", PASSING + STOPPED)
def test_a_passing_code_alone_is_worth_asking_again(code: str) -> None:
    assert judge(0, said(code, code)).retry
    assert judge(0, said(code)).remark == f"{code}: it did not work"


@pytest.mark.parametrize("code", FINAL)
def test_a_final_code_ends_the_input_and_says_what_it_may_mean(code: str) -> None:
    verdict = judge(0, said(code))
    assert not verdict.retry
    assert verdict.remark == f"{code}: it did not work ({MAY_MEAN[code]})"


@pytest.mark.parametrize("code", [None, "a_code_of_tomorrow"])
def test_a_code_nobody_knows_ends_the_input_with_the_source_s_own_words(code: str | None) -> None:
    judged = judge(0, said(code))
    assert (judged.retry, judged.remark) == (False, f"{code or 'source_error'}: it did not work")


def test_a_final_code_beside_a_passing_one_is_the_last_word() -> None:
    verdict = judge(0, said("crawl_failed", "dead_page"))
    assert not verdict.retry
    assert "may be deleted" in str(verdict.remark)


def test_where_posts_came_nothing_is_asked_again_and_nothing_is_explained_away() -> None:
    verdict = judge(3, said("crawl_failed", "dead_page"))
    assert (verdict.posts, verdict.retry) == (3, False)
    assert verdict.remark == "crawl_failed: it did not work; dead_page: it did not work"


def test_silence_is_an_empty_result() -> None:
    assert (judge(0, []).retry, judge(0, []).remark) == (False, None)
