"""How one input of a snapshot fared, from what came for it and what the source said of it. No ledger, no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from scrape_assets.storage.reading import SourceComplaint

# What the vendor itself calls passing: the page did not load, or was not reached, this time.
TRANSIENT_CODES = frozenset(
    {
        "crawl_failed",
        "crawl_error",
        "net_err_timed_out",
        "blocked",
        "wait_element_timeout",
        "click_timeout",
        "aborted_page",
    }
)

# The others end their input; for people, what each may mean when nothing came beside it.
MAY_MEAN: Mapping[str, str] = {
    "dead_page": "the page may be deleted, private, or simply without posts in this period",
    "bad_input": "the vendor cannot use this input: look at its address or words",
    "parse_error": "the vendor could not read the page: its layout may have changed",
    "load_sitemap": "the vendor could not read the site's list of pages",
    "status_code": "the site answered the vendor with an error: it may be gone, or closed to visitors",
}


@dataclass(frozen=True)
class Verdict:
    """How one input fared, or all inputs of a job together."""

    posts: int
    retry: bool  # nothing came and the reason is passing
    remark: str | None


def judge(posts: int, said: Iterable[SourceComplaint]) -> Verdict:
    """Decide from the posts delivered for an input and from what the source complained about it."""
    said = list(said)
    passing = bool(said) and all(one.code in TRANSIENT_CODES for one in said)
    return Verdict(posts, retry=passing and not posts, remark=remark_of(said, explain=not posts and not passing))


def remark_of(said: Collection[SourceComplaint], *, explain: bool) -> str | None:
    """What the source said, each thing once; None when it said nothing.

    Args:
        said: its complaints.
        explain: add what its codes may mean: for inputs of which nothing came.
    """
    words = "; ".join(sorted({f"{one.code or one.reason}: {one.detail}" for one in said}))
    meanings = [meaning for code, meaning in MAY_MEAN.items() if explain and any(one.code == code for one in said)]
    return f"{words} ({'; '.join(meanings)})" if meanings else words or None
