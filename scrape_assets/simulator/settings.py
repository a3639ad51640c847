"""The switches of the simulated vendor, all of which can be turned while it runs. No faults: see `faults`."""

from typing import Any

import msgspec


class ContentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the rows of a job look like. A job keeps the values that were in force when it was triggered."""

    rows_per_input: int | None = None  # None = as many as the author wrote; a number = exactly so many (load)
    fat: bool = False  # add the long nested lists of the real rows (8 kB a row instead of 2.5)
    error_rate: float = 0.02  # share of discovered posts that could not be collected (`crawl_failed`)
    profile_dates_honoured: bool = False  # documented; observed: profile_url with dates answers `dead_page`


class Settings(ContentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be switched at run time."""

    latency: float = 8.0  # seconds from the trigger until a job is ready
    jitter: float = 7.0  # up to so many seconds more, by job
    retention_days: float = 16.0  # a snapshot cannot be downloaded any longer than this
    max_running_jobs: int = 1500  # of one dataset; one more job answers 429
    block_after_429: int = 25  # so many answers of 429 within the window, and nothing is answered any more
    block_window: float = 300.0  # seconds
    sync_wait: float = 60.0  # seconds that /scrape waits before it answers 202
    clock_offset: float = 0.0  # seconds that the vendor's clock is ahead: travels in time without waiting
    notification_tries: int = 5  # how often a notice or a delivery that is not answered with 200 is sent in all
    notification_retry: float = 10.0  # seconds until the second try, doubled with each further one
    documented_errors: bool = False  # error bodies as the documentation has them, not as they were observed
    gzip_encoding: bool = False  # compress=true also says `Content-Encoding: gzip`

    def content(self) -> ContentSettings:
        """The part that a new job keeps."""
        return ContentSettings(**{name: getattr(self, name) for name in ContentSettings.__struct_fields__})

    def changed(self, changes: dict[str, Any]) -> "Settings":
        """These settings with some values replaced.

        Raises:
            msgspec.ValidationError: a name is unknown or a value has the wrong type.
        """
        return msgspec.convert({**msgspec.to_builtins(self), **changes}, Settings)
