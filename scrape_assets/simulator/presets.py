"""Sets of fault rules with a name. What each fault does is in the routes."""

from scrape_assets.simulator.faults import FaultRule

# Fault, its part of the share, its params. Left out is what only a person can mend (a refused key, a suspended
# account, a trigger refused for good): such a one stops everything, and not a share of it.
_STORM: tuple[tuple[str, float, dict[str, object]], ...] = (
    ("throttled", 0.5, {}),
    ("throttled", 0.5, {"retry_after": 5}),
    ("server_error", 1.0, {}),
    ("reset_before_accept", 1.0, {}),
    ("lost_answer", 1.0, {}),
    ("lists_late", 1.0, {"seconds": 30}),
    ("input_missing", 1.0, {}),
    ("unknown_status", 1.0, {}),
    ("building_after_ready", 1.0, {}),
    ("disguised_not_ready", 1.0, {}),
    ("truncated_last_line", 1.0, {}),
    ("cut_body", 0.5, {}),
    ("cut_body", 0.5, {"reset": True}),
    ("slow_drip", 1.0, {"bytes": 16384, "seconds": 0.005}),
    ("corrupt_gzip", 1.0, {}),
    ("failed", 1.0, {"error_message": "Failed to trigger collector"}),
    ("expired", 0.5, {}),
    ("empty", 0.5, {}),
    ("zero_rows", 0.5, {}),
    ("stuck", 0.2, {}),
    ("not_found", 0.2, {}),
    ("duplicate_notification", 1.0, {}),
    ("late_notification", 1.0, {}),
    ("lost_notification", 1.0, {}),
)


def storm(share: float) -> list[FaultRule]:
    """Every kind of fault that passes, each on its share of the requests or jobs that it can hit.

    What ends a job for good (stuck, forgotten, thrown away, empty) has a part of the share only.
    """
    return [FaultRule(fault=fault, share=part * share, params=params) for fault, part, params in _STORM]


PRESETS = {"storm": storm}
