"""Files to take along."""
