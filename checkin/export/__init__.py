"""One consent-filtered Record in, files out."""
