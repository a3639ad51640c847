"""Suggestions of who may be whom: what they are made from, kept, read and decided. Nothing is compared here."""

from scrape_assets.storage.suggestions.candidates import known_creators, said_by, unfollowed_authors
from scrape_assets.storage.suggestions.deciding import decide, hand_over_profiles, hold_from_first_post
from scrape_assets.storage.suggestions.kept import count_by_status, find_suggestions, get_suggestion
from scrape_assets.storage.suggestions.model import Author, Kind, KnownCreator, NewSuggestion, Standing, Suggestion
from scrape_assets.storage.suggestions.renewing import Refreshed, decided, renew

__all__ = [
    "Author",
    "Kind",
    "KnownCreator",
    "NewSuggestion",
    "Refreshed",
    "Standing",
    "Suggestion",
    "count_by_status",
    "decide",
    "decided",
    "find_suggestions",
    "get_suggestion",
    "hand_over_profiles",
    "hold_from_first_post",
    "known_creators",
    "renew",
    "said_by",
    "unfollowed_authors",
]
