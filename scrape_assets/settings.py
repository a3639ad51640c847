"""What can be configured, with its default and its reason. The only reader of the environment.

Every field is one environment variable. A `.env` file in the working folder is read too.
"""

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

BRIGHTDATA_API_URL = "https://api.brightdata.com"


class SettingsError(Exception):
    """The environment holds a value that cannot be used; the message names the variable and the reason."""


class Settings(BaseSettings):
    """The configuration of one process."""

    model_config = SettingsConfigDict(
        env_file=".env",
        # A field may be given by its name in Python. In the environment the bare name is somebody else's: HOME would
        # make the user's home folder our data folder.
        populate_by_name=True,
        env_prefix="SCRAPE_ASSETS_",
        env_ignore_empty=True,  # `KEY=` in a compose file means: not set
        extra="ignore",
        frozen=True,
    )

    # Where things lie
    home: Path = Field(Path(".scrape_assets"), alias="SCRAPE_ASSETS_HOME")
    database_url: str | None = Field(None, alias="SCRAPE_ASSETS_DATABASE_URL")
    payload_base: str | None = Field(None, alias="SCRAPE_ASSETS_PAYLOAD_URL")

    # The vendor
    brightdata_api_key: SecretStr | None = Field(None, alias="BRIGHTDATA_API_KEY")
    brightdata_api_url: str = Field(BRIGHTDATA_API_URL, alias="BRIGHTDATA_API_URL")
    brightdata_price_per_record: float | None = Field(None, ge=0, alias="BRIGHTDATA_PRICE_PER_RECORD_USD")

    # What one collection asks for
    lookback_days: int = Field(7, ge=1, le=366, alias="SCRAPE_ASSETS_LOOKBACK_DAYS")
    posts_per_profile: int = Field(25, ge=1, alias="SCRAPE_ASSETS_POSTS_PER_PROFILE")
    batch_size: int = Field(50, ge=1, le=1000, alias="SCRAPE_ASSETS_BATCH_SIZE")

    # Patience
    lease_seconds: float = Field(120, gt=0, alias="SCRAPE_ASSETS_LEASE_SECONDS")
    poll_base_seconds: float = Field(10, gt=0, alias="SCRAPE_ASSETS_POLL_BASE_SECONDS")
    poll_cap_seconds: float = Field(120, gt=0, alias="SCRAPE_ASSETS_POLL_CAP_SECONDS")
    retry_base_seconds: float = Field(60, gt=0, alias="SCRAPE_ASSETS_RETRY_BASE_SECONDS")
    retry_cap_seconds: float = Field(6 * 3600, gt=0, alias="SCRAPE_ASSETS_RETRY_CAP_SECONDS")
    # A vendor job that is still "running" after this long is given up; the longest seen took 10 minutes.
    snapshot_deadline_hours: float = Field(24, gt=0, alias="SCRAPE_ASSETS_SNAPSHOT_DEADLINE_HOURS")
    # How long the vendor's list is given to show a job whose answer was lost, before it counts as never accepted.
    unknown_grace_seconds: float = Field(900, ge=0, alias="SCRAPE_ASSETS_UNKNOWN_GRACE_SECONDS")
    retention_days: int = Field(16, ge=1, alias="BRIGHTDATA_RETENTION_DAYS")

    # Work inside one run
    concurrency: int = Field(4, ge=1, le=64, alias="SCRAPE_ASSETS_CONCURRENCY")
    rows_per_part: int = Field(50_000, ge=1000, alias="SCRAPE_ASSETS_ROWS_PER_PART")

    # `up`
    dagster_port: int = Field(3000, ge=1, le=65535, alias="SCRAPE_ASSETS_DAGSTER_PORT")
    simulator_port: int = Field(8700, ge=1, le=65535, alias="SCRAPE_ASSETS_SIMULATOR_PORT")
    # How long the simulator lets a snapshot take: at least, and at most so much more.
    simulator_latency_seconds: float = Field(8, ge=0, alias="SCRAPE_ASSETS_SIMULATOR_LATENCY_SECONDS")
    simulator_jitter_seconds: float = Field(7, ge=0, alias="SCRAPE_ASSETS_SIMULATOR_JITTER_SECONDS")

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: naming each variable that cannot be used.
        """
        try:
            return cls()
        except ValidationError as error:
            lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}, not {e['input']!r:.60}" for e in error.errors()]
            raise SettingsError("; ".join(lines)) from None

    @cached_property
    def home_folder(self) -> Path:
        """The data folder, absolute."""
        return self.home.expanduser().resolve()

    @cached_property
    def payload_url(self) -> str:
        """Base URL (or folder) of the payload archive, for fsspec."""
        return self.payload_base or str(self.home_folder / "payloads")

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME of everything started by the command line."""
        return self.home_folder / "dagster"

    @property
    def lease(self) -> timedelta:
        """How long a claim holds without being renewed."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def uses_real_vendor(self) -> bool:
        """Whether calls go to the vendor itself, where they cost money."""
        return self.brightdata_api_url.rstrip("/") == BRIGHTDATA_API_URL
