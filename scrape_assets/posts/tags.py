"""Hashtags and mentions, as every platform's mapping gives them."""

from collections.abc import Iterable

from scrape_assets.posts.text import clean_text


def hashtags(given: Iterable[str | None] | None) -> list[str] | None:
    """Tags without '#', as written and in their order; two that differ only in case are one. None for none."""
    if not given:
        return None
    kept: dict[str, str] = {}
    for tag in given:
        clean = clean_text(tag.strip().lstrip("#\uff03").strip()) if tag else None
        if clean:
            kept.setdefault(clean.casefold(), clean)
    return list(kept.values()) or None


def once(keys: Iterable[str | None]) -> list[str] | None:
    """Identity keys in their order, each once. None for none."""
    return list(dict.fromkeys(key for key in keys if key)) or None
