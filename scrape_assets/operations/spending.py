"""What is spent today and this month, and what the budgets have left, in words for an operator. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from scrape_assets.flow.choosing.choose import standings
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.money.budget import Purse, check_money, purses, spent_now
from scrape_assets.flow.money.prices import dollars, unpriced
from scrape_assets.ledger.costs import NOTHING, Spent
from scrape_assets.sources.registry import collectable_platforms
from scrape_assets.storage.reading import profile_counts


@dataclass(frozen=True)
class Spending:
    """The state of the money."""

    spent: Spent
    budgets: tuple[Purse, ...]
    unkept: tuple[str, ...]  # why no budget can be kept for a source, for each that is asked and has no price


def spending(ctx: FlowContext) -> Spending:
    """What was spent or reserved, and what is left.

    Raises:
        SettingsError: the prices or budgets name what there is not.
    """
    check_money(ctx.settings)
    with ctx.engine.connect() as conn:
        own = purses(conn, ctx.settings, ctx.now())
        spent = sum(spent_now(conn, ctx.now()).values(), start=Spent())
        followed = {one.platform for one in profile_counts(conn)}
    return Spending(spent, tuple(own), tuple(_unkept(ctx, own, followed)))


def _unkept(ctx: FlowContext, own: list[Purse], followed: set[str]) -> list[str]:
    limited = {purse.budget.platform for purse in own}
    platforms = [
        str(one) for one in collectable_platforms() if one in followed and (None in limited or str(one) in limited)
    ]
    return [
        why
        for platform in platforms
        for stand in standings(ctx, platform)
        if not stand.missing and (why := unpriced(ctx.settings, stand.source, platform))
    ]


def money_lines(ctx: FlowContext) -> list[str]:
    """The same as sentences; none where no price is told, nothing was spent and there is no budget.

    Raises:
        SettingsError: the prices or budgets name what there is not.
    """
    now = spending(ctx)
    lines = []
    if now.spent.this_month or now.budgets or ctx.settings.prices or ctx.settings.brightdata_price_per_record:
        words = f"spent: {dollars(now.spent.today)} today, {dollars(now.spent.this_month)} this month (UTC)"
        if now.spent.unpriced:
            words += f"; {now.spent.unpriced} snapshots of this month have no price"
        lines.append(words)
    lines += [_left(purse) for purse in now.budgets]
    return lines + list(now.unkept)


def _left(purse: Purse) -> str:
    over = f" ({dollars(-purse.left)} over)" if purse.left < 0 else ""
    left = dollars(max(purse.left, NOTHING))
    return f"{purse.budget}: {left} left{over}, renewed {purse.renews_at:%Y-%m-%d %H:%M} UTC"
