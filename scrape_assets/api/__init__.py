"""The admin HTTP API: asks the ledger and writes to it. Dagster is never touched, and need not run."""
