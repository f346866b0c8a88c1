"""Simulated customers against a bot: what they do, what they saw, and how that is shown."""
