"""Where a therapist stands: the list by need and one patient's page."""
