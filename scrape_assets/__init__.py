"""Public social-media posts, collected in two phases and matched to creators, as Dagster assets."""

import warnings

# Said once by libraries at import, and nothing that a user of ours could act on: the beta mark of BackfillPolicy,
# which is used on purpose (docs/architecture.md), and the run-time folder of a machine without a login session.
warnings.filterwarnings("ignore", message=".*`backfill_policy`.*is currently in beta")
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
