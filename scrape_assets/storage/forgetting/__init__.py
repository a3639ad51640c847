"""Forgetting a person or a post: who is meant, where they lie, taking them out, and knowing them again by a hash.

Payload files are rewritten by storage/payloads/rewrite.py; the order of the steps is kept by operations/forgetting.py.
"""

from scrape_assets.storage.forgetting.facts import Forgotten, ForgottenKeyMissing
from scrape_assets.storage.forgetting.people import Account, Ambiguous, Subject, resolve

__all__ = ["Account", "Ambiguous", "Forgotten", "ForgottenKeyMissing", "Subject", "resolve"]
