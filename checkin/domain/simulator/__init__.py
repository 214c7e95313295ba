"""Simulated patients with a known truth: for the demo, for trying things out, and to judge the estimator."""
