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

    # The keys of the platforms' own APIs. A source without its key is not configured, and the next one is asked.
    x_bearer_token: SecretStr | None = Field(None, alias="X_BEARER_TOKEN")
    youtube_api_key: SecretStr | None = Field(None, alias="YOUTUBE_API_KEY")
    instagram_access_token: SecretStr | None = Field(None, alias="INSTAGRAM_ACCESS_TOKEN")
    instagram_user_id: SecretStr | None = Field(None, alias="INSTAGRAM_USER_ID")
    tiktok_client_key: SecretStr | None = Field(None, alias="TIKTOK_CLIENT_KEY")
    tiktok_client_secret: SecretStr | None = Field(None, alias="TIKTOK_CLIENT_SECRET")
    reddit_client_id: SecretStr | None = Field(None, alias="REDDIT_CLIENT_ID")
    reddit_client_secret: SecretStr | None = Field(None, alias="REDDIT_CLIENT_SECRET")
    bluesky_handle: SecretStr | None = Field(None, alias="BLUESKY_HANDLE")
    bluesky_app_password: SecretStr | None = Field(None, alias="BLUESKY_APP_PASSWORD")

    # Pages of the web: a Chromium other than Playwright's own or the system's, and a folder with further rules
    scrape_assets_chromium: SecretStr | None = Field(None, alias="SCRAPE_ASSETS_CHROMIUM")
    scrape_assets_web_rules: SecretStr | None = Field(None, alias="SCRAPE_ASSETS_WEB_RULES")

    # Another address for a source, such as a test server's
    bluesky_api_url: str | None = Field(None, alias="BLUESKY_API_URL")
    feed_api_url: str | None = Field(None, alias="FEED_API_URL")
    hackernews_api_url: str | None = Field(None, alias="HACKERNEWS_API_URL")
    instagram_api_url: str | None = Field(None, alias="INSTAGRAM_API_URL")
    lemmy_api_url: str | None = Field(None, alias="LEMMY_API_URL")
    mastodon_api_url: str | None = Field(None, alias="MASTODON_API_URL")
    reddit_api_url: str | None = Field(None, alias="REDDIT_API_URL")
    reddit_feed_api_url: str | None = Field(None, alias="REDDIT_FEED_API_URL")
    tiktok_api_url: str | None = Field(None, alias="TIKTOK_API_URL")
    web_api_url: str | None = Field(None, alias="WEB_API_URL")
    x_api_url: str | None = Field(None, alias="X_API_URL")
    youtube_api_url: str | None = Field(None, alias="YOUTUBE_API_URL")
    youtube_feed_api_url: str | None = Field(None, alias="YOUTUBE_FEED_API_URL")

    # Who is asked for a platform, in which order: {"x": ["brightdata", "x"], "instagram": ["brightdata"]}. Platforms
    # that are not named keep the registry's order.
    source_order: dict[str, list[str]] = Field({}, alias="SCRAPE_ASSETS_SOURCES")

    # What one collection asks for
    lookback_days: int = Field(7, ge=1, le=366, alias="SCRAPE_ASSETS_LOOKBACK_DAYS")
    posts_per_profile: int = Field(25, ge=1, alias="SCRAPE_ASSETS_POSTS_PER_PROFILE")
    batch_size: int = Field(50, ge=1, le=1000, alias="SCRAPE_ASSETS_BATCH_SIZE")

    # More posts than this are not paged through for one target in one go; the job says so.
    pages_per_target: int = Field(500, ge=1, alias="SCRAPE_ASSETS_PAGES_PER_TARGET")
    # Younger posts are looked at again even when they are known: their counts still move.
    refresh_days: int = Field(2, ge=0, alias="SCRAPE_ASSETS_REFRESH_DAYS")
    # How long before an event begins, and after it has ended, people already and still write about it.
    event_margin_days: int = Field(1, ge=0, alias="SCRAPE_ASSETS_EVENT_MARGIN_DAYS")

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

    def key(self, name: str) -> str | None:
        """The key of a platform's own API by its environment variable's name; None when it is not set."""
        value = getattr(self, name.lower(), None)
        return value.get_secret_value() if isinstance(value, SecretStr) else None

    def api_url(self, source: str) -> str | None:
        """Another address for a direct source, from `<SOURCE>_API_URL`."""
        url: str | None = getattr(self, f"{source}_api_url", None)
        return url

    @property
    def uses_real_vendor(self) -> bool:
        """Whether calls go to the vendor itself, where they cost money."""
        return self.brightdata_api_url.rstrip("/") == BRIGHTDATA_API_URL
