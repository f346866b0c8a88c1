"""The worker: many contacts in one process, their supervision, their ownership and their share of the quotas."""
