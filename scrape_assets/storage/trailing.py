"""How much came of late: trailing means of what sources delivered. Queries alone; what follows is the flow's."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

LATELY = 20
NEWEST = 1_000  # snapshots of a platform among which those of one kind are looked for

# Inputs that several jobs share were sent once. What was delivered empty counts as delivered.
_PER_INPUT = sa.text("""
WITH newest AS (
    SELECT * FROM snapshots WHERE source = :source AND platform = :platform ORDER BY created_at DESC LIMIT :newest
), lately AS (
    SELECT
        CASE
            WHEN payload_rows IS NOT NULL THEN least(payload_rows, coalesce(vendor_records, payload_rows))
            ELSE 0
        END AS records,
        (SELECT count(DISTINCT given -> 'input') FROM jsonb_array_elements(inputs) AS given) AS sent
    FROM newest
    WHERE dataset_id IS NOT DISTINCT FROM :dataset_id
        AND (trigger_params ->> 'discover_by') IS NOT DISTINCT FROM :discover_by
        AND (payload_rows IS NOT NULL OR status = 'processed')
    ORDER BY created_at DESC
    LIMIT :lately
)
SELECT sum(records)::float / nullif(sum(sent), 0) FROM lately
""")


def records_per_input(
    conn: Connection, source: str, platform: str, dataset_id: str | None, discover_by: str | None
) -> float | None:
    """The mean of delivered records for an input over the last snapshots of the kind; None when there is none."""
    values = {
        "source": source,
        "platform": platform,
        "dataset_id": dataset_id,
        "discover_by": discover_by,
        "lately": LATELY,
        "newest": NEWEST,
    }
    found: float | None = conn.execute(_PER_INPUT, values).scalar_one()
    return found


# One look into the index of collections for each target: the latest days first, and no further.
_OF_TARGETS = sa.text("""
SELECT asked.place, avg(lately.posts_found)::float AS mean
FROM unnest(CAST(:targets AS text[]), CAST(:profiles AS text[])) WITH ORDINALITY AS asked (target_id, profile, place)
JOIN LATERAL (
    SELECT job.posts_found, job.status, job.source
    FROM scrape_jobs AS job
    WHERE job.origin = 'collection' AND job.platform = :platform AND job.target_kind = :kind
        AND job.target_id = asked.target_id AND coalesce(job.profile_url, '') = asked.profile
    ORDER BY job.collection_date DESC, job.round DESC
    LIMIT :lately
) AS lately ON lately.status = 'completed' AND lately.source = :source AND lately.posts_found IS NOT NULL
GROUP BY asked.place
HAVING count(*) >= :enough
""")


def posts_of_targets(
    conn: Connection, source: str, platform: str, kind: str, targets: Sequence[tuple[str, str | None]], enough: int = 3
) -> list[float | None]:
    """The mean of posts that each target's profile gave in its last collections from a source.

    Args:
        conn: in the caller's transaction.
        source: who gave them.
        platform: of the targets.
        kind: of the targets.
        targets: id and profile URL of each.
        enough: fewer collections than so many tell nothing.

    Returns:
        In the order of the targets; None for one of which too little is known.
    """
    values = {
        "source": source,
        "platform": platform,
        "kind": kind,
        "targets": [target for target, _ in targets],
        "profiles": [profile or "" for _, profile in targets],
        "lately": LATELY,
        "enough": enough,
    }
    found = {row.place: row.mean for row in conn.execute(_OF_TARGETS, values)}
    return [found.get(place) for place in range(1, len(targets) + 1)]
