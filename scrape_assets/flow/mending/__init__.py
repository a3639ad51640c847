"""What was left half-done or lost: dead processes, lost answers, snapshots that only the vendor knows."""
