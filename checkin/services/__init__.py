"""One function is one thing that a person or the clock does, in one transaction."""
