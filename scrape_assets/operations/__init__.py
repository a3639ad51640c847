"""What an operator asks and does: why a job waits, what it costs, what is dead, what was lost. No Dagster here."""
