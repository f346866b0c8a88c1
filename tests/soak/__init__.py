"""A soak: many customers for a long while, a real daemon, mild weather; and a verdict on what it left behind.

``python -m tests.soak`` runs one. It looks at the daemon from outside alone: its metrics, /proc, and the transcripts.
"""
