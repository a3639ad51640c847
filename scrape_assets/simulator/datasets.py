"""The vendor's datasets by id: what each accepts, and who writes its rows.

To add a dataset, write a module like `linkedin` with a function `find_rows` and a check of inputs, and name
both in the table below. A dataset without them is known, but answers "This dataset is not ready yet".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from scrape_assets.simulator import facebook, instagram, linkedin, reddit, tiktok, x, youtube
from scrape_assets.simulator.jobs import JobInput, SimulatedJob

FieldError = tuple[str, str]


class InputRows(Protocol):
    """What one input of a job yields. Positions below `posts` are posts, the rest error or warning rows."""

    @property
    def posts(self) -> int:
        """Number of rows that are posts."""

    @property
    def failures(self) -> int:
        """Number of error and warning rows."""

    @property
    def failure_code(self) -> str:
        """The `error_code` or `warning_code` of those."""

    def row(self, position: int) -> dict[str, object]:
        """Make one row."""


@dataclass(frozen=True)
class Dataset:
    """One dataset of the vendor's catalogue."""

    dataset_id: str
    name: str
    discovers: tuple[str, ...] = ()
    # Stem of a replay file → how the job that it answers was triggered (None = collect by URL).
    replays: tuple[tuple[str, str | None], ...] = ()
    check_input: Callable[[JobInput, str | None], list[FieldError]] | None = None
    find_rows: Callable[[SimulatedJob, int, int | None], InputRows] | None = None


_CATALOGUE = (
    Dataset(
        linkedin.POSTS_DATASET,
        "LinkedIn posts",
        linkedin.DISCOVERS,
        (
            ("linkedin_posts_by_url", None),
            ("linkedin_posts_by_profile_url", "profile_url"),
            ("linkedin_posts_by_company_url", "company_url"),
            ("linkedin_articles_by_author_url", "url"),
        ),
        linkedin.check_input,
        linkedin.find_rows,
    ),
    Dataset("gd_l1viktl72bvl7bjuj0", "LinkedIn people profiles", ("name",)),
    Dataset("gd_l1vikfnt1wgvvqz95w", "LinkedIn company information"),
    Dataset("gd_lpfll7v5hcqtkxl6l", "LinkedIn job listings"),
    Dataset(
        instagram.POSTS_DATASET,
        "Instagram posts",
        instagram.DISCOVERS,
        (("instagram_posts_by_url", None), ("instagram_posts_by_profile_url", "url")),
        instagram.check_input,
        instagram.find_rows,
    ),
    Dataset(
        instagram.REELS_DATASET,
        "Instagram reels",
        instagram.REELS_DISCOVERS,
        (("instagram_reels_by_url", None), ("instagram_reels_by_profile_url", "url")),
        instagram.check_input,
        instagram.find_rows,
    ),
    Dataset("gd_l1vikfch901nx3by4", "Instagram profiles", ("user_name",)),
    Dataset(
        tiktok.POSTS_DATASET,
        "TikTok posts",
        tiktok.DISCOVERS,
        (
            ("tiktok_posts_by_url", None),
            ("tiktok_posts_by_profile_url", "profile_url"),
            ("tiktok_posts_by_keyword", "keyword"),
        ),
        tiktok.check_input,
        tiktok.find_rows,
    ),
    Dataset("gd_m7n5ixlw1gc4no56kx", "TikTok fast profile posts"),
    Dataset("gd_l1villgoiiidt09ci", "TikTok profiles"),
    Dataset(
        x.POSTS_DATASET,
        "X posts",
        x.DISCOVERS,
        (("x_posts_by_url", None), ("x_posts_by_profile_url", "profile_url")),
        x.check_input,
        x.find_rows,
    ),
    Dataset("gd_lwxmeb2u1cniijd7t4", "X profiles"),
    Dataset(
        facebook.POSTS_DATASET,
        "Facebook page posts",
        facebook.DISCOVERS,
        (("facebook_page_posts", None),),
        facebook.check_input,
        facebook.find_rows,
    ),
    Dataset("gd_lz11l67o2cb3r0lkj3", "Facebook group posts"),
    Dataset("gd_lyclm1571iy3mv57zw", "Facebook posts by URL"),
    Dataset("gd_lyclm3ey2q6rww027t", "Facebook reels"),
    Dataset("gd_lkay758p1eanlolqw8", "Facebook comments"),
    Dataset(
        youtube.VIDEOS_DATASET,
        "YouTube videos",
        youtube.DISCOVERS,
        (
            ("youtube_videos_by_url", None),
            ("youtube_videos_by_channel_url", "url"),
            ("youtube_videos_by_keyword", "keyword"),
        ),
        youtube.check_input,
        youtube.find_rows,
    ),
    Dataset("gd_lk538t2k2p1k3oos71", "YouTube channels"),
    Dataset(
        reddit.POSTS_DATASET,
        "Reddit posts",
        reddit.DISCOVERS,
        (
            ("reddit_posts_by_url", None),
            ("reddit_posts_by_keyword", "keyword"),
            ("reddit_posts_by_subreddit_url", "subreddit_url"),
        ),
        reddit.check_input,
        reddit.find_rows,
    ),
    Dataset("gd_lvzdpsdlw09j6t702", "Reddit comments"),
    Dataset("gd_mgnh0p8w16o65lmhp", "Reddit profiles"),
)

DATASETS: dict[str, Dataset] = {dataset.dataset_id: dataset for dataset in _CATALOGUE}
