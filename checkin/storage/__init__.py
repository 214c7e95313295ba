"""Tables and queries, one aggregate a file. Never commits; returns values, not rows."""
