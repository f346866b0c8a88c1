"""Erases what is kept of one contact, because somebody may ask for that. What lies elsewhere is not its business."""

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import AlreadyOwned, StoreUnusable
from agent.ids import ContactKey
from agent.ports import ContactStore
from agent.record import Phase


class Erased(StrEnum):
    """What became of the record."""

    ERASED = "erased"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """`unreadable`: the record could not be read (its key is missing, say), and was erased all the same."""

    outcome: Erased
    unreadable: bool = False


async def erase(store: ContactStore, key: ContactKey, *, force: bool = False) -> Erasure:
    """Erases the record of `key`. With `force` even while a worker serves it, whose session then falls silent.

    Raises:
        AlreadyOwned: a live worker serves the contact, and it is not forced.
        StoreUnreachable: the store does not answer; whether it was erased is not known, and asking again is safe.
    """
    try:
        record = await store.load(key)
    except StoreUnusable:
        await store.forget(key)
        return Erasure(outcome=Erased.ERASED, unreadable=True)
    if record is None:
        return Erasure(outcome=Erased.UNKNOWN)
    if not force and record.phase is not Phase.OVER and record.owner in await store.workers():
        raise AlreadyOwned(
            f"Contact {key}: {record.owner} serves it. Let the bot leave first (chat-agent close); or --force: then "
            "the bot falls silent at once and stays on the chat until that ends."
        )
    await store.forget(key)
    return Erasure(outcome=Erased.ERASED)
