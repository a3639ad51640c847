"""From when on a check of the data fails: each threshold with its default and its reason. No other settings.

They are given together, as JSON, in `SCRAPE_ASSETS_CHECKS`: {"rejected_at_most": 0.3, "trailing_days": 14}. What is
left out keeps its default. `docs/checks.md` shows the same table; a test keeps the two in step.
"""

from pydantic import BaseModel, ConfigDict, Field


class Thresholds(BaseModel):
    """What is let pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    missing_at_most: float = Field(
        0.05, ge=0, le=1, description="deleted originals and bare reposts lack a field now and then; a changed "
        "platform loses it for most"
    )  # fmt: skip
    missing_is_grave: float = Field(
        0.5,
        ge=0,
        le=1,
        description="with most posts lacking time, author or address, nothing can be matched or counted",
    )
    rejected_at_most: float = Field(
        0.20, ge=0, le=1, description="in the vendor's real files up to 8 % of the rows are error or warning rows"
    )
    rejected_is_grave: float = Field(
        0.60, ge=0, le=1, description="a payload that is mostly unreadable is paid for and not had"
    )
    counts_fallen_at_most: float = Field(
        0.10,
        ge=0,
        le=1,
        description="people take a like back, platforms clear out bots; not at one post in ten at once",
    )
    count_at_most: int = Field(
        100_000_000_000,
        ge=1,
        description="no post of any platform was ever seen so often; two numbers were read as one",
    )
    posts_at_least: int = Field(
        20, ge=1, description="shares of fewer posts move by themselves: one feed of photographs, one quiet person"
    )
    trailing_days: int = Field(28, ge=1, le=366, description="four weeks hold every weekday four times")
    trailing_snapshots: int = Field(
        50, ge=1, le=1000, description="of one source, enough for a median and little to read; the newest count"
    )
    earlier_at_least: int = Field(
        3, ge=1, description="a median of one or two is those two; until then there is nothing to compare with"
    )
    earlier_posts_at_least: int = Field(
        5, ge=1, description="an earlier snapshot of fewer posts says nothing of shares, and is not compared with"
    )
    usually_at_least: float = Field(
        0.5, ge=0, le=1, description="only a field that half of the posts have by habit can be said to have vanished"
    )
    fallen_to: float = Field(
        0.5, ge=0, le=1, description="of its median: feeds differ, but no day's mood halves how often a field is filled"
    )
    key_usual_at: float = Field(
        0.9, ge=0, le=1, description="a key that nine of ten records had, and none has now, was taken away; rarer ones "
        "come and go"
    )  # fmt: skip
    keys_looked_at_least: int = Field(
        4, ge=1, description="so many records must have been looked at: all without it by chance is one in ten thousand"
    )
    match_rate_of_usual: float = Field(
        0.5, ge=0, le=1, description="of its median: feeds differ; half of what is usual is a break, not a variation"
    )
    match_snapshots: int = Field(
        5, ge=1, description="so many of the newest snapshots of a platform are judged together: one may be odd"
    )
    late_after: float = Field(
        1.5, ge=1, description="times the usual distance of two collections: of a day's, 36 hours leave room for one "
        "late run"
    )  # fmt: skip
    late_is_grave: float = Field(3.0, ge=1, description="times that distance: it was missed three times in a row")
    duplicates_days: int = Field(
        14, ge=1, le=366, description="posts of these days are compared, twice as many as are looked back over: what "
        "was doubled before has been told before"
    )  # fmt: skip
    sampled_rows: int = Field(
        20_000, ge=100, description="of each table, for orphans: what one row in 5,000 has is found almost surely"
    )
    sampled_payloads: int = Field(
        40,
        ge=1,
        le=1000,
        description="half of them the newest: each is a request to the archive, which may be far away",
    )
    media_lost_at_most: float = Field(
        0.3, ge=0, le=1, description="of a run's attachments: some are always gone or too large; a third is a reason"
    )
    media_files_at_least: int = Field(10, ge=1, description="attachments; of fewer, one album decides the share")
    sampled_media: int = Field(
        40, ge=1, le=1000, description="each is a request to the store, which may be far away; runs are many"
    )
