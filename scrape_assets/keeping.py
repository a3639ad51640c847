"""How long what is kept: a number of days for each table, with what it counts from and the reason for its limits.

They are given together, as JSON, in `SCRAPE_ASSETS_KEEP_DAYS`: {"payloads": 90, "raw_posts": 400}. What is left out is
kept for ever. operations/retention.py removes it; docs/operations.md shows the same table, which a test keeps in step.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class KeepDays(BaseModel):
    """Days, by table; None: for ever."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payloads: int | None = Field(None, ge=1, description="the files, from the day their snapshot was processed")
    raw_posts: int | None = Field(
        None, ge=1, description="from when a source last showed the post; with all that other tables say of it"
    )
    media_files: int | None = Field(
        None, ge=1, description="from when a file was fetched; with raw_posts, at the latest with its post"
    )
    post_metrics: int | None = Field(
        None, ge=1, description="from the observation; the newest counts stay in raw_posts"
    )
    post_sightings: int | None = Field(
        None, ge=1, description="from the day their snapshot was processed, with seen_feeds"
    )
    rejected_rows: int | None = Field(None, ge=1, description="from the day their snapshot was processed")
    # The pace guard and `why` look at the calls of the last days.
    scrape_attempts: int | None = Field(None, ge=7, description="every call, from when it began")
    state_changes: int | None = Field(None, ge=7, description="the history of jobs and snapshots that have ended")
    api_writes: int | None = Field(None, ge=30, description="the audit: who wrote what, vendor's webhooks included")
    # Two whole months for budgets and costs; and what the vendor still lists must be known, or it is taken on again.
    scrape_jobs: int | None = Field(
        None, ge=93, description="jobs and snapshots, from their end, with their calls and history"
    )

    @property
    def given(self) -> dict[str, int]:
        """Those that are set, by name."""
        return {name: days for name in type(self).model_fields if (days := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _payloads_go_first(self) -> Self:
        for name in ("raw_posts", "post_sightings", "scrape_jobs"):
            days: int | None = getattr(self, name)
            if days is not None and (self.payloads is None or self.payloads > days):
                raise ValueError(
                    f"payloads must be kept for {days} days or less, as {name} are: whoever is to be forgotten is "
                    "found in payloads by these rows, and a payload that is mapped again brings its posts back"
                )
        return self
