"""Rules and values. Pure: time, zones and randomness are arguments."""
