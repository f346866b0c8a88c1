"""Where offers come from: one contact named by hand, a local Amazon Connect, a queue, HTTP, a stranger's package."""

from agent.daemon.sources.by_hand import OneContact, Unacknowledged
from agent.daemon.sources.local import LocalSource
from agent.daemon.sources.reading import Reason, Skipped, Unreadable, parse_offer, read

__all__ = [
    "LocalSource",
    "OneContact",
    "Reason",
    "Skipped",
    "Unacknowledged",
    "Unreadable",
    "parse_offer",
    "read",
]
