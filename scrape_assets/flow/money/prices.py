"""What a delivered record costs, as the settings tell it. No query, and nothing is decided here.

A price that nobody has told is unknown, which is not the same as nothing.
"""

from __future__ import annotations

from decimal import Decimal

from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.settings import Settings, SettingsError
from scrape_assets.sources import registry
from scrape_assets.sources.registry import BRIGHTDATA

VARIABLE = "SCRAPE_ASSETS_PRICES"
# Their answers cost money, whatever the settings tell. Every other source is free unless a price is told.
PAID = frozenset({BRIGHTDATA, "x"})


def price_of(settings: Settings, source: str, platform: str, dataset_id: str | None = None) -> Decimal | None:
    """US dollars for one delivered record; None when nobody has told the price.

    The narrowest price holds: that of the dataset, of the source for this platform, of the source, and for the vendor
    `BRIGHTDATA_PRICE_PER_RECORD_USD` last.
    """
    told = {_tidy(name): price for name, price in settings.prices.items()}
    for name in (f"{source}/{dataset_id}", f"{source}/{platform}", source):
        if name in told:
            return told[name]
    usual = settings.brightdata_price_per_record
    return Decimal(str(usual)) if source == BRIGHTDATA and usual is not None else None


def cost_of(settings: Settings, source: str, platform: str, dataset_id: str | None, records: int) -> Decimal | None:
    """US dollars for so many delivered records; None when nobody has told the price."""
    price = price_of(settings, source, platform, dataset_id)
    return None if price is None else price * records


def unpriced(settings: Settings, source: str, platform: str) -> str | None:
    """Why no budget can be kept for a source whose answers cost money, in words; None when it can, or it is free."""
    if source not in PAID:
        return None
    dataset_id = registry.dataset(platform).dataset_id if source == BRIGHTDATA else None
    if price_of(settings, source, platform, dataset_id) is not None:
        return None
    variable = f"{VARIABLE} or BRIGHTDATA_PRICE_PER_RECORD_USD" if source == BRIGHTDATA else VARIABLE
    return (
        f"nobody has told what a record of {source} costs for {platform}: no budget can be kept for it; set {variable}"
    )


def check_prices(settings: Settings) -> None:
    """Make sure that every price is that of somebody who can be asked: a misspelt one would count as unknown.

    Raises:
        SettingsError: naming the first that is not.
    """
    for name in settings.prices:
        source, _, part = _tidy(name).partition("/")
        if source not in (BRIGHTDATA, *registry.DIRECT):
            known = ", ".join((BRIGHTDATA, *registry.DIRECT))
            raise SettingsError(f"{VARIABLE} names {name!r}: there is no source {source!r}; there are {known}")
        if part and part not in _parts(source):
            known = ", ".join(_parts(source))
            raise SettingsError(f"{VARIABLE} names {name!r}: {source} has no {part!r}; it has {known}")


def _tidy(name: str) -> str:
    """A name as we write it: `Brightdata/Twitter` is `brightdata/x`."""
    source, slash, part = (piece.strip() for piece in name.casefold().partition("/"))
    try:
        return f"{source}{slash}{parse_platform(part)}" if part else source
    except UnknownPlatform:
        return f"{source}{slash}{part}"


def _parts(source: str) -> list[str]:
    """What a price of a source may be narrowed to: its platforms, and the vendor's datasets."""
    platforms = [str(platform) for platform in registry.ORDER if source in _sources(platform)]
    datasets = [one.dataset_id for known in registry.DATASETS.values() for one in known]
    return platforms + (datasets if source == BRIGHTDATA else [])


def _sources(platform: str) -> tuple[str, ...]:
    return (*registry.sources_of(platform), *registry.OFF_BY_DEFAULT.get(parse_platform(platform), ()))


def dollars(amount: Decimal) -> str:
    """An amount as people read it: to the cent, and finer where there are no cents yet."""
    digits = 2 if abs(amount) >= 1 or amount == amount.quantize(Decimal("0.01")) else 4
    return f"{'-' if amount < 0 else ''}${abs(amount):.{digits}f}"
