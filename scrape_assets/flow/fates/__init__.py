"""What becomes of jobs and snapshots once a source has spoken."""
