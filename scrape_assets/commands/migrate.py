"""`scrape-assets migrate`."""

from scrape_assets.commands.terminal import one_clear_line, out
from scrape_assets.flow.context import open_engine
from scrape_assets.settings import Settings
from scrape_assets.storage.migrate import migrate as walk


def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat, and to start twice at once."""
    with one_clear_line():
        settings = Settings.from_environment()
        settings.home_folder.mkdir(parents=True, exist_ok=True)
        before, after = walk(open_engine(settings))
    out.print(f"the schema is at {after}" if before == after else f"migrated from {before or 'nothing'} to {after}")
