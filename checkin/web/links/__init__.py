"""What links in messages open: one prompt to answer, one list to leave."""
