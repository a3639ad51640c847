"""What things cost, and whether the budgets allow it."""
