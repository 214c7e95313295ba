"""Where a patient decides how and when messages come, and puts a check-in off."""
