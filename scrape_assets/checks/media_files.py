"""The checks of `media_files` over the snapshots of a run."""

from collections.abc import Mapping

from scrape_assets.checks.run_check import Check, Run
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.storage.media.reading import reasons, some_files, standing
from scrape_assets.storage.media.store import is_there


def taken(run: Run) -> Verdict:
    """Few attachments are lost."""
    found = standing(run.conn, run.keys)
    lost = {status: found.files.get(status, 0) for status in ("expired", "refused", "failed")}
    total = sum(lost.values())
    share = total / found.total if found.total else 0.0
    words = ", ".join(f"{count} {status}" for status, count in lost.items() if count) or "none is lost"
    few = found.total < run.limits.media_files_at_least
    return Verdict(
        few or share <= run.limits.media_lost_at_most,
        f"of {found.total} attachments {words}" + ("; too few to judge" if few and total else ""),
        Severity.WARN,
        {"attachments": found.total, **lost, "waiting": found.files.get("waiting", 0)},
        {"reasons": Listing.of(("status", "reason", "files"), reasons(run.conn, run.keys))},
    )


def in_store(run: Run) -> Verdict:
    """Files lie where their rows say."""
    files = some_files(run.conn, run.keys, run.limits.sampled_media)
    missing = [one for one in files if not is_there(one.uri, one.bytes)]
    missing += [one for one in files if one.thumbnail_uri and not is_there(one.thumbnail_uri) and one not in missing]
    return Verdict(
        not missing,
        f"{len(missing)} of {len(files)} files are missing or not as long as they were"
        if missing
        else f"all {len(files)} files that were looked for are there",
        Severity.ERROR,
        {"looked_for": len(files), "missing": len(missing)},
        {
            "missing_files": Listing.of(
                ("file", "type", "bytes"), ((one.uri, one.mime_type, one.bytes) for one in missing)
            )
        },
    )


CHECKS: Mapping[str, Check] = {"taken": taken, "in_store": in_store}
