"""Signing in and out, passwords, and what a person sets for themselves."""
