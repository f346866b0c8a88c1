"""Items put in order: once each, by time; which belong to the chat, which are missing.

Pure functions over items. Reading the transcript page by page is `catchup`'s; remembering what was handled is not
done here.
"""

from collections.abc import Container, Hashable, Iterable

from agent.ids import ContactId, ItemId
from agent.wire.items import Item, Message, Receipt, Unknown


def merge(*batches: Iterable[Item]) -> list[Item]:
    """The items of all batches in the order of their positions, one for each id.

    Of several with one id the last counts (an attachment's status moves on), but a chunk of a streamed reply never
    replaces the whole of it. Items without an id are told apart by all their fields.
    """
    chosen: dict[Hashable, Item] = {}
    for batch in batches:
        for item in batch:
            key = _identity(item)
            if key not in chosen or not _chunk(item) or _chunk(chosen[key]):
                chosen[key] = item
    return sorted(chosen.values(), key=lambda item: item.position)


def _identity(item: Item) -> Hashable:
    if item.id:
        return item.id
    return id(item) if isinstance(item, Unknown) else item


def _chunk(item: Item) -> bool:
    return isinstance(item, Message) and not item.complete


def missing(items: Iterable[Item], known: Container[ItemId]) -> list[Item]:
    """What the transcript holds and `known` does not: the gap, in order."""
    return [item for item in merge(items) if item.persisted and item.id not in known]


def anchor(items: Iterable[Item]) -> ItemId | None:
    """The id from which to read on: of the newest item that the transcript keeps, for it cannot start elsewhere."""
    kept = [item for item in items if item.persisted and item.id]
    return max(kept, key=lambda item: item.position).id if kept else None


def belongs(item: Item, *, contact_id: ContactId, initial_contact_id: ContactId | None = None) -> bool:
    """Whether `item` is of this chat, in whichever segment.

    A transfer opens a new ContactId under the same InitialContactId [documented]. An item that names no contact is
    taken, as receipts must be [client code]; one that was rehydrated from a past session is not ours, and is known by
    its RelatedContactId [documented].
    """
    named = {item.contact_id, item.initial_contact_id} - {None}
    if isinstance(item, Receipt):
        return True
    if not named:
        return "RelatedContactId" not in item.raw
    return not named.isdisjoint({contact_id, initial_contact_id})


def segment(items: Iterable[Item]) -> ContactId | None:
    """The newest ContactId that the items name: the segment in which the chat is now."""
    named = [item for item in items if item.contact_id]
    return max(named, key=lambda item: item.position).contact_id if named else None
