"""What a check over a run's partitions is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from scrape_assets.operations.checking.verdict import Verdict
from scrape_assets.thresholds import Thresholds


@dataclass(frozen=True)
class Run:
    """The partitions that a run brought to an asset, and what to judge them by."""

    conn: Connection
    keys: Sequence[str]  # snapshots, or the days and platforms of a collection
    now: datetime
    limits: Thresholds


Check = Callable[[Run], Verdict]
