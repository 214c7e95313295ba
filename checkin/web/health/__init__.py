"""Where machines ask how this one is."""
