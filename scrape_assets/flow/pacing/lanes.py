"""Which lanes a call passes, and how much each takes: from the source, its keys, and the settings. Decides nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrape_assets.ledger.pace import Lane, Limit, Paced, fingerprint
from scrape_assets.settings import Settings, SettingsError
from scrape_assets.sources.limits import BRIGHTDATA_LIMIT, LIMITS, POLITE, TRIGGER_LIMIT
from scrape_assets.sources.registry import BRIGHTDATA, DIRECT, direct_source


def check_names(settings: Settings) -> None:
    """Make sure that the setting of paces names only sources that there are.

    Raises:
        SettingsError: with the name.
    """
    known = (BRIGHTDATA, *DIRECT)
    wrong = [name for name in settings.pace if name not in known]
    if wrong:
        raise SettingsError(f"SCRAPE_ASSETS_PACE names {', '.join(wrong)}; there are {', '.join(known)}")


def limit_of(settings: Settings, source: str) -> Limit:
    """How much a source is asked at most: its own limit, changed as the settings say."""
    own = BRIGHTDATA_LIMIT if source == BRIGHTDATA else LIMITS.get(source, POLITE)
    wish = settings.pace.get(source)
    if wish is None:
        return own
    calls, seconds = (wish.calls, wish.seconds) if wish.calls else (own.calls, own.seconds)
    burst = wish.burst or own.burst
    return Limit(
        calls,
        seconds,
        burst=burst if calls is None else min(burst, calls - 1),
        in_flight=wish.in_flight or own.in_flight,
        guard=wish.guard or own.guard,
    )


def account_lane(settings: Settings) -> Lane:
    """The vendor's account: every call to the vendor passes it."""
    return Lane(BRIGHTDATA, "", fingerprint(settings.key("BRIGHTDATA_API_KEY")))


def trigger_lane(settings: Settings, platform: str) -> Lane:
    """The vendor's jobs of one platform: only triggers pass it, so that looking after running jobs goes on."""
    return Lane(BRIGHTDATA, platform, account_lane(settings).credential)


def lane_of(settings: Settings, source: str, platform: str) -> Lane:
    """The lane that says whether a source is asked for a platform at all."""
    if source == BRIGHTDATA:
        return trigger_lane(settings, platform)
    direct = direct_source(source)
    if direct.base_url is None:
        return Lane(source, str(direct.platform))  # each server has its own beside it
    keys = (*direct.keys, *direct.optional_keys)
    return Lane(source, str(direct.platform), fingerprint(*map(settings.key, keys)))


def passage(settings: Settings, source: str, operation: str, url: str, platform: str) -> list[Paced]:
    """The lanes that a call passes.

    Args:
        settings: keys and limits.
        source: who is called.
        operation: what for.
        url: where.
        platform: of a trigger.
    """
    limit = limit_of(settings, source)
    if source != BRIGHTDATA:
        lane = lane_of(settings, source, platform)
        if direct_source(source).base_url is None:
            lane = Lane(source, lane.platform, urlsplit(url).netloc.lower())
        return [Paced(lane, limit)]
    if operation != "trigger":
        return [Paced(account_lane(settings), limit)]
    # "Too many running jobs" is no reason to ask less for those that run: it counts against the guard, no more.
    account = Paced(account_lane(settings), limit, only_counts=True)
    return [account, Paced(trigger_lane(settings, platform), TRIGGER_LIMIT)]
