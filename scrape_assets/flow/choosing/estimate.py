"""What is expected to come of asking, and what that would cost. Nobody is asked.

The same forecast is reserved with the intent of a snapshot, kept against the budgets and shown by a dry run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.engine import Connection

from scrape_assets.flow.choosing.resolve import Planned
from scrape_assets.flow.money.prices import price_of
from scrape_assets.settings import Settings
from scrape_assets.storage.trailing import posts_of_targets, records_per_input

_CENT_OF_A_CENT = Decimal("0.000001")  # as fine as the ledger keeps it


class Basis(StrEnum):
    """What an expectation stands on, the best first."""

    ITS_OWN = "its own last collections"
    OTHERS = "what others gave of late"
    LIMIT = "the most that is asked for"
    GUESS = "a guess: nothing was collected so yet"


@dataclass(frozen=True)
class Forecast:
    """What is expected of one target."""

    records: Decimal
    basis: Basis
    price: Decimal | None  # US dollars a record; None: nobody has told it

    @property
    def cost(self) -> Decimal | None:
        """US dollars; None when nobody has told the price."""
        return None if self.price is None else (self.records * self.price).quantize(_CENT_OF_A_CENT)


def forecast(conn: Connection, settings: Settings, batch: Sequence[Planned]) -> list[Forecast]:
    """What is expected of each of a batch, all of them asked of one source in one way.

    The mean of the target's own last collections; else that of the last snapshots of the kind; else, where nothing is
    known, `SCRAPE_ASSETS_POSTS_PER_PROFILE`: the most that can come where the source is given it as a limit, a guess
    where only the time window limits what comes.
    """
    alike = batch[0]
    job, dataset_id = alike.job, dataset_id_of(alike)
    price = price_of(settings, alike.source, job.platform, dataset_id)
    own: list[float | None] = posts_of_targets(
        conn,
        alike.source,
        job.platform,
        job.target_kind,
        [(one.job.target_id, one.job.profile_url) for one in batch],
    )
    usual = records_per_input(conn, alike.source, job.platform, dataset_id, alike.discover_by)
    return [_one(one, mean, usual, settings.posts_per_profile, price) for one, mean in zip(batch, own, strict=True)]


def _one(
    planned: Planned, own: float | None, usual: float | None, posts_per_profile: int, price: Decimal | None
) -> Forecast:
    inputs = len(planned.asked)
    limit = planned.limit_per_input
    if own is not None:
        records, basis = Decimal(own), Basis.ITS_OWN
    elif usual is not None:
        records, basis = Decimal(usual) * inputs, Basis.OTHERS
    elif limit is not None and limit <= posts_per_profile:
        records, basis = Decimal(limit * inputs), Basis.LIMIT
    else:
        records, basis = Decimal(posts_per_profile * inputs), Basis.GUESS
    records = records if limit is None else min(records, Decimal(limit * inputs))
    return Forecast(records, basis, price)


def dataset_id_of(planned: Planned) -> str | None:
    """The vendor's dataset that is asked; None when it is not the vendor."""
    return planned.dataset.dataset_id if planned.dataset else None
