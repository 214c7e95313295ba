"""Measurements against bars: ``python -m benchmarks.run`` prints one table of ratios."""
