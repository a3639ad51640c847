"""Where the vendor is to call when a snapshot is ready: said with the trigger, where we can be reached from outside."""

from __future__ import annotations

import secrets

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.snapshots.deliveries import expect_delivery

PATH = "/api/webhooks/brightdata"


def webhook_of(ctx: FlowContext, snapshot_id: str) -> dict[str, str]:
    """What a trigger says of our webhook; nothing where there is none.

    The address holds a token of the snapshot's own that nobody can guess, and that the ledger knows before the vendor
    does.
    """
    settings = ctx.settings
    if not settings.public_url or settings.webhooks == "off":
        return {}
    token = secrets.token_urlsafe(32)
    with ctx.engine.begin() as conn:
        expect_delivery(conn, snapshot_id, token)
    address = f"{settings.public_url.rstrip('/')}{PATH}/{token}"
    said = {"notify" if settings.webhooks == "notify" else "endpoint": address}
    if settings.brightdata_webhook_secret is not None:
        said["auth_header"] = settings.brightdata_webhook_secret.get_secret_value()
    return said
