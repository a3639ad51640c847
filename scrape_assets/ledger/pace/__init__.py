"""Pace and breaker: how fast a source is asked, and when it is left alone. One row a lane, shared by all processes.

`lane` and `record` are the values, `gcra`, `throttling` and `breaker` the rules, `decisions` puts them together, all
pure; `rows` reads and writes. Who passes which lane, and what waits, is the flow's. No call is made here.
"""

from scrape_assets.ledger.pace.lane import Lane, LaneState, Limit, fingerprint
from scrape_assets.ledger.pace.record import (
    Answered,
    Failed,
    Good,
    LaneRecord,
    Neutral,
    Outcome,
    Paced,
    Permit,
    Throttled,
    Wait,
)
from scrape_assets.ledger.pace.rows import (
    block,
    give_back,
    is_being_tried,
    lane_state,
    lane_states,
    revive,
    shut_lanes,
    take,
    take_probe,
    trip,
    unblock,
)

__all__ = [
    "Answered",
    "Failed",
    "Good",
    "Lane",
    "LaneRecord",
    "LaneState",
    "Limit",
    "Neutral",
    "Outcome",
    "Paced",
    "Permit",
    "Throttled",
    "Wait",
    "block",
    "fingerprint",
    "give_back",
    "is_being_tried",
    "lane_state",
    "lane_states",
    "revive",
    "shut_lanes",
    "take",
    "take_probe",
    "trip",
    "unblock",
]
