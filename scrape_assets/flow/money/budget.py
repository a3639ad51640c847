"""How much may be spent in a day and in a month, in all and on a platform, and whether something still fits.

A budget is kept with estimates: see `estimate`. What it holds back waits until the budget renews; no attempt is spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.engine import Connection

from scrape_assets.flow.money.prices import check_prices, dollars
from scrape_assets.ledger.costs import NOTHING, Spent, spent_by_platform
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.settings import Settings, SettingsError

VARIABLE = "SCRAPE_ASSETS_BUDGETS"


class Period(StrEnum):
    """For how long a budget is; both begin at 00:00 UTC."""

    DAY = "day"
    MONTH = "month"

    def began(self, now: datetime) -> datetime:
        """When the one began that `now` lies in."""
        day = now.astimezone(UTC).date()
        return datetime.combine(day.replace(day=1) if self is Period.MONTH else day, time(), UTC)

    def ends(self, now: datetime) -> datetime:
        """When the next one begins."""
        began = self.began(now)
        return self.began(began + timedelta(days=31)) if self is Period.MONTH else began + timedelta(days=1)


@dataclass(frozen=True)
class Budget:
    """What may be spent in one period."""

    period: Period
    platform: str | None  # None: on all together
    usd: Decimal

    def __str__(self) -> str:
        where = f" for {self.platform}" if self.platform else ""
        return f"the {self.period}'s budget of {dollars(self.usd)}{where}"


@dataclass(frozen=True)
class Purse:
    """A budget, and what of it is spent or reserved."""

    budget: Budget
    spent: Decimal
    renews_at: datetime

    @property
    def left(self) -> Decimal:
        """Below zero when more was delivered than was expected."""
        return self.budget.usd - self.spent


@dataclass(frozen=True)
class Shortage:
    """Why something may not be asked for now, and until when."""

    cost: Decimal
    budget: Budget
    left: Decimal
    until: datetime

    def __str__(self) -> str:
        words = f"would cost about {dollars(self.cost)}; {self.budget} has {dollars(max(self.left, NOTHING))} left"
        if self.cost > self.budget.usd:
            return f"{words}, and is too small for it altogether; raise it"
        return f"{words}; waits until {self.until:%Y-%m-%d %H:%M} UTC"


def in_all(short: Sequence[Shortage]) -> str:
    """Several shortages of one budget in one sentence."""
    last = short[-1]
    if len(short) == 1:
        return str(last)
    total = dollars(sum((one.cost for one in short), start=NOTHING))
    words = f"would cost about {total} together; {last.budget} has {dollars(max(last.left, NOTHING))} left"
    return f"{words}; they wait until {last.until:%Y-%m-%d %H:%M} UTC"


def read_budgets(settings: Settings) -> list[Budget]:
    """The budgets of the settings, those on all platforms first.

    Raises:
        SettingsError: one is neither for a period nor for a platform.
    """
    in_all: list[Budget] = []
    by_platform: list[Budget] = []
    for name, given in settings.budgets.items():
        if isinstance(given, Decimal):
            in_all.append(Budget(_period(name, f"{name!r}"), None, given))
            continue
        try:
            platform = str(parse_platform(name))
        except UnknownPlatform as error:
            raise SettingsError(f"{VARIABLE}: {error}") from None
        by_platform += [Budget(_period(key, f"{key!r} for {name}"), platform, usd) for key, usd in given.items()]
    return in_all + by_platform


def _period(name: str, shown: str) -> Period:
    try:
        return Period(name)
    except ValueError:
        raise SettingsError(f"{VARIABLE} names {shown}: a budget is for a 'day' or a 'month'") from None


def check_money(settings: Settings) -> None:
    """Make sure that prices and budgets mean something, before anything is paid for.

    Raises:
        SettingsError: naming what does not.
    """
    check_prices(settings)
    read_budgets(settings)


def purses(conn: Connection, settings: Settings, now: datetime, platform: str | None = None) -> list[Purse]:
    """Every budget with what is left of it; with a platform those that its collection is paid from."""
    budgets = [one for one in read_budgets(settings) if platform is None or one.platform in (None, platform)]
    if not budgets:
        return []
    spent = spent_now(conn, now)
    return [Purse(one, _of(one, spent), one.period.ends(now)) for one in budgets]


def spent_now(conn: Connection, now: datetime) -> dict[str, Spent]:
    """What was spent or reserved in the day and the month that `now` lies in, by platform."""
    return spent_by_platform(conn, day_began=Period.DAY.began(now), month_began=Period.MONTH.began(now))


def _of(budget: Budget, spent: dict[str, Spent]) -> Decimal:
    its = [one for platform, one in spent.items() if budget.platform in (None, platform)]
    total = sum(its, start=Spent())
    return total.today if budget.period is Period.DAY else total.this_month


def fit(own: Sequence[Purse], amounts: Sequence[Decimal]) -> list[Shortage | None]:
    """Which of some amounts may be spent together: for each None, or why it must wait. Earlier ones go first.

    What costs more than is left does not keep the cheaper ones behind it waiting. Where nothing is left, nothing
    fits, although it may be expected to cost nothing.
    """
    taken = NOTHING
    answers: list[Shortage | None] = []
    for amount in amounts:
        short = [one for one in own if one.left - taken <= 0 or amount > one.left - taken]
        if short:
            last = max(short, key=lambda one: one.renews_at)
            answers.append(Shortage(amount, last.budget, last.left - taken, last.renews_at))
        else:
            taken += amount
            answers.append(None)
    return answers
