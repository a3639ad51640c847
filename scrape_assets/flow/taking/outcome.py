"""What happened to one snapshot in one run, stage by stage. Plain values: nothing is done here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.storage.loader import LoadReport
from scrape_assets.storage.matching import MatchReport
from scrape_assets.storage.payloads import Payload


class Stage(StrEnum):
    """The three stages, named as the assets that show them."""

    DOWNLOAD = "snapshots"
    LOAD = "raw_posts"
    MATCH = "creator_content"


ALL_STAGES = frozenset(Stage)


@dataclass
class Outcome:
    """What happened to one snapshot in one run. Filled stage by stage."""

    snapshot: Snapshot  # as it was when claimed
    done: list[Stage] = field(default_factory=list)
    payload: Payload | None = None
    payload_kept: bool = False  # it lay in the archive already; the vendor was not asked
    remark: str | None = None  # that it came torn, and posts may be missing
    load: LoadReport | None = None
    match: MatchReport | None = None
    error_class: ErrorClass | None = None
    error: str | None = None
    what_next: str | None = None
    ended: bool = False  # what becomes of it is written down: nothing more is to be done with it
    deferred: bool = False  # nobody failed: the source needs more time after all

    @property
    def failed(self) -> bool:
        """Whether a stage that was asked for did not succeed."""
        return self.error is not None
