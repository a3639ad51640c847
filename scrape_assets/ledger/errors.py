"""How errors are named and kept: their classes, those that follow from the table of retries, and fit messages."""

from scrape_assets.ledger.error_class import ErrorClass
from scrape_assets.ledger.retries import OURS, RETRYABLE

__all__ = ["MAX_MESSAGE_LENGTH", "OURS", "RETRYABLE", "ErrorClass", "recordable"]

MAX_MESSAGE_LENGTH = 2000
"""Longer messages are somebody's whole page of HTML; the start says enough."""


def recordable(message: str) -> str:
    """Make a message fit for a text column: no NUL, no lone surrogate, not endless.

    Messages quote what sources answer, and the row that reports a bad answer must not fail for the same
    bad character.
    """
    storable = message.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return storable if len(storable) <= MAX_MESSAGE_LENGTH else storable[: MAX_MESSAGE_LENGTH - 1] + "…"
