"""`scrape-assets migrate`."""

from scrape_assets.commands.terminal import one_clear_line, out
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings


def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat, and to start twice at once."""
    with one_clear_line():
        before, after = prepare(Settings.from_environment()).migrated
    out.print(f"the schema is at {after}" if before == after else f"migrated from {before or 'nothing'} to {after}")
