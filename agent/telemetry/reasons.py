"""Why a worker may not be ready, as words that monitoring can hold on to. Nothing here decides when they hold."""

from enum import StrEnum


class Reason(StrEnum):
    """One reason not to be ready."""

    STARTING = "starting"
    STORE_UNREACHABLE = "store_unreachable"
    LEASE_AT_RISK = "lease_at_risk"
    SOURCE_FAILING = "source_failing"
    DEAF_SOCKETS = "deaf_sockets"
    FULL = "full"
    DRAINING = "draining"


MEANINGS = {
    Reason.STARTING: "The worker has not begun to serve yet.",
    Reason.STORE_UNREACHABLE: "The contact store does not answer.",
    Reason.LEASE_AT_RISK: "The worker's lease could not be renewed when it was due.",
    Reason.SOURCE_FAILING: "A source of offers fails; chats in hand go on.",
    Reason.DEAF_SOCKETS: "Too many chats have been without a subscribed websocket for too long.",
    Reason.FULL: "All places for chats are taken; offers wait or go to other workers.",
    Reason.DRAINING: "The worker is stopping; it takes on nothing more.",
}
