"""What a check concludes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg
from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Verdict:
    """Passed or not, how grave, and what a person should read."""

    passed: bool
    says: str
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN
    metadata: Mapping[str, dg.MetadataValue | str | int | float] = field(default_factory=dict)


Check = Callable[[Connection, Sequence[str], datetime], Verdict]
"""A check over some partitions of its asset at a moment: snapshots, or the days and platforms of a collection."""
