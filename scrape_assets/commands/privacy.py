"""The key under which commands know people by hashes."""

from __future__ import annotations

from scrape_assets.commands.terminal import CommandFailed
from scrape_assets.flow.context import pseudonyms_of
from scrape_assets.settings import Settings
from scrape_assets.storage.pseudonyms import Pseudonyms


def required_pseudonyms(settings: Settings) -> Pseudonyms:
    """The hashes, under a key that is made up where there is none.

    Raises:
        CommandFailed: the key that is kept is empty.
    """
    found = pseudonyms_of(settings, make=True)
    if found is None:
        raise CommandFailed("the file privacy_key in the data folder is empty: set SCRAPE_ASSETS_PRIVACY_KEY")
    return found
