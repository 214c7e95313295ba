"""Where staff stand: today, people, infusions, settings."""
