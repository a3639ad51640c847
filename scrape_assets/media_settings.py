"""Of the settings, the part of the media. Read by settings.py alone."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

MediaRole = Literal["author", "reposter", "tagged", "mentioned", "found_in_feed"]


class MediaSettings(BaseSettings):
    """Which attachments are taken, and how many."""

    # Media: attachments of matched posts. Off, but on for the platforms named here: ["instagram", "tiktok"]. They cost
    # traffic and room, and pictures are of people: somebody has to want them.
    media_platforms: list[str] = Field([], alias="SCRAPE_ASSETS_MEDIA_PLATFORMS")
    media_base: str | None = Field(None, alias="SCRAPE_ASSETS_MEDIA_URL")
    # What somebody wrote, passed on or is named in; not what merely stood in their feed: that is a stranger's.
    media_roles: list[MediaRole] = Field(
        ["author", "reposter", "tagged", "mentioned"], min_length=1, alias="SCRAPE_ASSETS_MEDIA_ROLES"
    )
    media_types: list[Literal["image", "video", "audio"]] = Field(
        ["image", "video", "audio"], min_length=1, alias="SCRAPE_ASSETS_MEDIA_TYPES"
    )
    # 200 MB: pictures have under 10, a quarter of an hour of a platform's video about 150; what is larger is a film.
    media_max_bytes: int = Field(200_000_000, ge=1, alias="SCRAPE_ASSETS_MEDIA_MAX_BYTES")
    media_files_per_post: int = Field(35, ge=1, le=1000, alias="SCRAPE_ASSETS_MEDIA_FILES_PER_POST")  # TikTok's most
    # 20 GB a day (UTC), so that a busy day or a mistake fills no disk overnight; the rest waits for the next day.
    media_bytes_per_day: int = Field(20_000_000_000, ge=1, alias="SCRAPE_ASSETS_MEDIA_BYTES_PER_DAY")
    media_days: float = Field(7, gt=0, alias="SCRAPE_ASSETS_MEDIA_DAYS")  # older snapshots' addresses have mostly ended
    media_attempts: int = Field(5, ge=1, le=100, alias="SCRAPE_ASSETS_MEDIA_ATTEMPTS")
    # Courtesy, of this process to one host: a browser opens 6 connections.
    media_per_host: int = Field(2, ge=1, le=16, alias="SCRAPE_ASSETS_MEDIA_PER_HOST")
    media_per_second: float = Field(4, gt=0, le=100, alias="SCRAPE_ASSETS_MEDIA_PER_SECOND")
    media_ports: list[Annotated[int, Field(ge=1, le=65535)]] = Field([80, 443], alias="SCRAPE_ASSETS_MEDIA_PORTS")
    # After so long a run begins no further file, so that posts get their turn; the sensor asks for the rest.
    media_run_minutes: float = Field(20, gt=0, alias="SCRAPE_ASSETS_MEDIA_RUN_MINUTES")
