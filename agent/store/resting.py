"""A record at rest: its encoded form, sealed where a sealer is given, and back again with the contact named on failure.

Shared by every store that keeps bytes. It knows no row, no file and no lease.
"""

from agent.errors import Fenced, StoreUnusable
from agent.ids import ContactKey, WorkerId
from agent.record import ContactRecord, decode
from agent.store.sealing import SEALED, Sealer


def lay_down(record: ContactRecord, sealer: Sealer | None) -> bytes:
    """The bytes to keep for `record`."""
    body = record.encode()
    return sealer.seal(body, record.key) if sealer else body


def take_up(
    body: bytes, key: ContactKey, *, epoch: int, owner: WorkerId | None, sealer: Sealer | None
) -> ContactRecord:
    """The record kept as `body` for the contact `key`.

    Raises:
        StoreUnusable: it is sealed and cannot be opened, is no record, is one of a later version or is that of
            another contact; the text names the contact and says what to do.
    """
    record = _decoded(_plain(body, key, sealer), key, epoch, owner)
    if record.key != key:
        raise StoreUnusable(f"Contact {key}: another contact's record lies in its place; restore it or forget it.")
    return record


def _plain(body: bytes, key: ContactKey, sealer: Sealer | None) -> bytes:
    if not body.startswith(SEALED):
        return body
    if sealer is None:
        raise StoreUnusable(
            f"Contact {key}: its record is encrypted and no key is configured; configure the key it was written with."
        )
    return sealer.open(body, key)


def _decoded(plain: bytes, key: ContactKey, epoch: int, owner: WorkerId | None) -> ContactRecord:
    try:
        return decode(plain, epoch=epoch, owner=owner)
    except StoreUnusable as error:
        raise StoreUnusable(f"Contact {key}: {error}") from error


def fenced(record: ContactRecord) -> Fenced:
    """The refusal of a write by a session that no longer owns its contact."""
    return Fenced(
        f"Contact {record.key}: epoch {record.epoch} of {record.owner} no longer owns it; nothing was written."
    )
