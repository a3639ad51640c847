"""Letting the open suggestions of who may be whom be what follows from everything that is known now.

Who looks like whom is found by `look_alikes`; what a person decides of it is done by `deciding`.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.targets.look_alikes import find_alike
from scrape_assets.storage.forgetting.facts import Forgotten
from scrape_assets.storage.suggestions import (
    NewSuggestion,
    Refreshed,
    decided,
    known_creators,
    renew,
    unfollowed_authors,
)

log = structlog.get_logger(__name__)


def refresh(ctx: FlowContext) -> Refreshed:
    """Let the open suggestions be what follows from everything that is known now. Idempotent.

    Who was forgotten is in no table, and is looked for by hash besides. What was decided is not suggested again.

    Raises:
        ForgottenKeyMissing: people were forgotten under another key than ours, and could be suggested again.
    """
    with ctx.engine.connect() as conn:
        creators = known_creators(conn)
        found = find_alike(creators, unfollowed_authors(conn), ctx.settings.suggest_from, conn)
    with ctx.engine.begin() as conn:
        said = decided(conn)
        fresh = [one for one in found if not _names(one) & said]
        report = renew(conn, _without_forgotten(ctx, conn, fresh), ctx.now())
    log.info("suggestions refreshed", new=report.new, changed=report.changed, withdrawn=report.withdrawn)
    return report


def _names(one: NewSuggestion) -> set[tuple[str, ...]]:
    """What a decision about it would be found by."""
    of = one.creator_id, str(one.kind), one.other_creator_id or ""
    if one.author is None:
        return {(*of, "", "")}
    by_id = {(*of, one.author.platform, f"id:{one.author.author_id}")} if one.author.author_id else set()
    return {(*of, one.author.platform, one.author.author_key)} | by_id


def _without_forgotten(ctx: FlowContext, conn: Connection, found: Sequence[NewSuggestion]) -> list[NewSuggestion]:
    """Those who were not forgotten. Whoever forgets somebody now waits, and then removes the suggestion as well."""
    known = {
        one.author.platform: Forgotten.known_to(conn, one.author.platform, ctx.pseudonyms)
        for one in found
        if one.author
    }
    return [
        one
        for one in found
        if not (
            one.author
            and (forgotten := known[one.author.platform])
            and forgotten.knows_account(one.author.author_key, one.author.author_id, one.author.author_handle)
        )
    ]
