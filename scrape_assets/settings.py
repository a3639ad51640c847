"""What can be configured, with its default and its reason. The only reader of the environment.

Every field is one environment variable. A `.env` file in the working folder is read too.
"""

from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableJson

from scrape_assets.keeping import KeepDays
from scrape_assets.media_settings import MediaSettings
from scrape_assets.pace_setting import PaceSetting
from scrape_assets.source_settings import SourceSettings
from scrape_assets.thresholds import Thresholds

BRIGHTDATA_API_URL = "https://api.brightdata.com"

Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
# Told apart by what they are, so that one wrong amount is one complaint.
Budget = Annotated[
    Annotated[Dollars, Tag("dollars")] | Annotated[dict[str, Dollars], Tag("platform")],
    Discriminator(lambda given: "platform" if isinstance(given, dict) else "dollars"),
]


def _a_week_or_for_ever(days: int) -> int:
    if 0 < days < 7:
        raise ValueError("0 (for ever) or at least 7 days: sensors and people look at the runs of the last days")
    return days


class SettingsError(Exception):
    """The environment holds a value that cannot be used; the message names the variable and the reason."""


class Settings(SourceSettings, MediaSettings, BaseSettings):
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

    # Money. US dollars for each delivered record, by source, `source/platform` or `brightdata/<dataset id>`:
    # {"brightdata": 0.0015, "brightdata/linkedin": 0.002, "x": 0.005}. What has no price here costs nobody knows what.
    prices: dict[str, Dollars] = Field({}, alias="SCRAPE_ASSETS_PRICES")
    # US dollars a day and a month (UTC), in all and by platform: {"day": 5, "month": 100, "linkedin": {"day": 2}}.
    budgets: dict[str, Budget] = Field({}, alias="SCRAPE_ASSETS_BUDGETS")
    # The same target is not asked for twice within so many minutes, unless forced; 0: every time.
    freshness_minutes: float = Field(30, ge=0, alias="SCRAPE_ASSETS_FRESHNESS_MINUTES")

    # Who is asked for a platform, in which order: {"x": ["brightdata", "x"], "instagram": ["brightdata"]}. Platforms
    # that are not named keep the registry's order.
    source_order: dict[str, list[str]] = Field({}, alias="SCRAPE_ASSETS_SOURCES")
    # How much a source is asked at most: {"x": {"per_minute": 30, "burst": 5}, "brightdata": {"guard": 10}}. Sources
    # that are not named keep their own limits: sources/limits.py.
    pace: dict[str, PaceSetting] = Field({}, alias="SCRAPE_ASSETS_PACE")

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

    # How many days before today `creator_activity` and `event_coverage` compute again each day: posts come late, and
    # counts move most in the first days.
    activity_days: int = Field(3, ge=1, le=366, alias="SCRAPE_ASSETS_ACTIVITY_DAYS")

    # From when on checks of the data fail, where the default is not to hold: {"rejected_at_most": 0.3}. All of them,
    # with their reasons: thresholds.py and docs/checks.md.
    checks: Thresholds = Field(Thresholds(), alias="SCRAPE_ASSETS_CHECKS")

    # How many days what is kept, by table: {"payloads": 90, "raw_posts": 400}. What is left out is kept for ever. All
    # of them: keeping.py and docs/operations.md.
    keep_days: KeepDays = Field(KeepDays(), alias="SCRAPE_ASSETS_KEEP_DAYS")
    # Housekeeping, see docs/operations.md. How many snapshot partitions Dagster's UI lists: the newest; older ones are
    # retired. It is quick with so many, and slow with four times as many.
    keep_partitions: int = Field(25_000, ge=1, alias="SCRAPE_ASSETS_KEEP_PARTITIONS")
    # How many days Dagster's runs are kept, with their logs; those that show the newest state stay. 0: for ever.
    keep_runs_days: Annotated[int, AfterValidator(_a_week_or_for_ever)] = Field(
        90, ge=0, alias="SCRAPE_ASSETS_KEEP_RUNS_DAYS"
    )
    # Where payloads move to (any fsspec URL, such as a cheaper bucket) so many days after they were processed.
    archive_url: str | None = Field(None, alias="SCRAPE_ASSETS_ARCHIVE_URL")
    archive_after_days: int = Field(90, ge=1, alias="SCRAPE_ASSETS_ARCHIVE_AFTER_DAYS")
    # Dagster's own database. Its daemon reads it through dagster.yaml; here only to look after the tables.
    dagster_database_url: SecretStr | None = Field(None, alias="SCRAPE_ASSETS_DAGSTER_DATABASE_URL")
    # From which score on somebody is suggested to be a creator; from 0 to 1.
    suggest_from: float = Field(0.6, ge=0.3, le=1, alias="SCRAPE_ASSETS_SUGGEST_FROM")

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
    # How long before the vendor throws away what nobody has read an alarm is raised.
    expiry_alarm_days: float = Field(4, gt=0, alias="SCRAPE_ASSETS_EXPIRY_ALARM_DAYS")
    # `recover` also takes what names nobody we follow: this key has paid for it. Off where others share the key.
    recover_others: bool = Field(True, alias="SCRAPE_ASSETS_RECOVER_OTHERS")

    # People's rights. Under this key identities are hashed, in pseudonymised exports and in what is kept of people who
    # were forgotten. Without it one is made up and kept in the data folder; all machines must have the same.
    privacy_key: SecretStr | None = Field(None, min_length=16, alias="SCRAPE_ASSETS_PRIVACY_KEY")

    # Work inside one run
    concurrency: int = Field(4, ge=1, le=64, alias="SCRAPE_ASSETS_CONCURRENCY")
    rows_per_part: int = Field(50_000, ge=1000, alias="SCRAPE_ASSETS_ROWS_PER_PART")

    # Runs on other hosts: Celery's broker (redis://host/0); without it runs are processes of this machine. The backend,
    # where workers say how far they are, is the broker unless another is named; the URLs may hold a password.
    celery_broker: SecretStr | None = Field(None, alias="SCRAPE_ASSETS_CELERY_BROKER")
    celery_backend: SecretStr | None = Field(None, alias="SCRAPE_ASSETS_CELERY_BACKEND")
    # Runs at once, on all hosts together; without it what dagster.yaml says: 2.
    max_runs: int | None = Field(None, ge=1, alias="SCRAPE_ASSETS_MAX_RUNS")

    # The HTTP API. Without its token a route is closed to everybody.
    admin_api_token: SecretStr | None = Field(None, alias="ADMIN_API_TOKEN")
    cron_secret: SecretStr | None = Field(None, alias="CRON_SECRET")
    # What the vendor sends as Authorization with a webhook, and how much it is asked to send: "off", "notify" (a word
    # when a snapshot is ready) or "deliver" (its rows). Without a public URL there is nowhere to send it.
    brightdata_webhook_secret: SecretStr | None = Field(None, alias="BRIGHTDATA_WEBHOOK_SECRET")
    webhooks: Literal["off", "notify", "deliver"] = Field("notify", alias="SCRAPE_ASSETS_WEBHOOKS")
    # The API's own address as callers know it, when that is not the one they call: behind a proxy.
    public_url: str | None = Field(None, alias="SCRAPE_ASSETS_PUBLIC_URL")
    dagster_url: str = Field("http://127.0.0.1:3000", alias="SCRAPE_ASSETS_DAGSTER_URL")  # for links to runs
    # Where the operator's page is, for links to it from Dagster's UI; `up` says so by itself. None: no links.
    page_url: str | None = Field(None, alias="SCRAPE_ASSETS_PAGE_URL")
    api_requests_per_second: float = Field(200, gt=0, alias="SCRAPE_ASSETS_API_REQUESTS_PER_SECOND")  # of one token
    api_burst: int = Field(2_000, ge=1, alias="SCRAPE_ASSETS_API_BURST")

    # `up`
    api_port: int = Field(8000, ge=1, le=65535, alias="SCRAPE_ASSETS_API_PORT")
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
        except UnreadableJson as error:
            # It names the field alone.
            field = next((name for name in cls.model_fields if f'"{name}"' in str(error)), "")
            variable = cls.model_fields[field].alias if field else error
            raise SettingsError(f"{variable}: it is no JSON: {error.__cause__}") from None

    @cached_property
    def home_folder(self) -> Path:
        """The data folder, absolute."""
        return self.home.expanduser().resolve()

    @cached_property
    def payload_url(self) -> str:
        """Base URL (or folder) of the payload archive, for fsspec."""
        return self.payload_base or str(self.home_folder / "payloads")

    @cached_property
    def media_url(self) -> str:
        """Base URL (or folder) of attachments, for fsspec."""
        return self.media_base or str(self.home_folder / "media")

    @property
    def media_partial(self) -> Path:
        """Where attachments lie while they come: always on this machine."""
        return self.home_folder / "media_partial"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME of everything started by the command line."""
        return self.home_folder / "dagster"

    @property
    def celery_urls(self) -> tuple[str, str]:
        """Of the broker and the result backend.

        Raises:
            SettingsError: no broker is configured.
        """
        if self.celery_broker is None:
            raise SettingsError(
                "SCRAPE_ASSETS_CELERY_BROKER: is not set; name the broker that workers and the daemon share, "
                "such as redis://host:6379/0"
            )
        broker = self.celery_broker.get_secret_value()
        return broker, self.celery_backend.get_secret_value() if self.celery_backend else broker

    @property
    def lease(self) -> timedelta:
        """How long a claim holds without being renewed."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def expiry_alarm(self) -> timedelta:
        """How long before it expires an unread snapshot is alarming: at most half of the time it is kept for."""
        return timedelta(days=min(self.expiry_alarm_days, self.retention_days / 2))

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
