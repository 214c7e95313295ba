"""Who to call, without signing in."""
