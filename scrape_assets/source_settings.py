"""Of the settings, the part of the sources: their keys and addresses. Read by settings.py alone."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class SourceSettings(BaseSettings):
    """How the platforms' own sources are reached."""

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
