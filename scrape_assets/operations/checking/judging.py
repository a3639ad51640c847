"""All checks of the tables as a whole, by asset and name. The command and Dagster carry out the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from scrape_assets.flow.context import FlowContext
from scrape_assets.operations.checking import match_rates, platforms, tables, unread
from scrape_assets.operations.checking.told import TOLD, Told
from scrape_assets.operations.checking.verdict import Verdict

Judge = Callable[[FlowContext], Verdict]

OF_THE_TABLES: Mapping[tuple[str, str], Judge] = {
    ("creators", "one_owner"): tables.one_owner,
    ("snapshots", "payloads_kept"): tables.payloads_kept,
    ("raw_posts", "fresh"): platforms.fresh,
    ("raw_posts", "not_empty"): platforms.not_empty,
    ("raw_posts", "one_post_one_id"): tables.one_post_one_id,
    ("creator_content", "no_orphans"): tables.no_orphans,
    ("creator_content", "match_rate_lately"): match_rates.match_rate_lately,
}
# What speaks by itself already, in Dagster, when nothing is processed: see sensors/unread_snapshots.py.
WHOLE: Mapping[tuple[str, str], Judge] = {**OF_THE_TABLES, ("snapshots", "read_in_time"): unread.of_the_ledger}


@dataclass(frozen=True)
class Judged:
    """A check and what it concluded."""

    asset: str
    name: str
    told: Told
    verdict: Verdict

    @property
    def message(self) -> str:
        """What a person reads."""
        return self.told.message(self.verdict)


def judge(ctx: FlowContext, which: Mapping[tuple[str, str], Judge] = WHOLE) -> Iterator[Judged]:
    """Carry out checks, one after the other; each reads only.

    Raises:
        Interrupted: it was asked to stop.
    """
    for (asset, name), judged_by in sorted(which.items()):
        ctx.stop.look()
        yield Judged(asset, name, TOLD[asset, name], judged_by(ctx))
