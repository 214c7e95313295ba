"""Where a person's own phones are told to show messages."""
