"""Where a patient stands: home, check-ins, chart, infusions."""
