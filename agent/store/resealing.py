"""Seals a file's records anew under the first of the configured keys, so that an older key may go.

Each record is replaced in a transaction of its own and only its sealing changes: epoch, owner and time stay, so that a
session which owns the contact notices nothing. It knows rows and sealing, and nothing of what a record says.
"""

import sqlite3
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from agent.errors import StoreUnusable
from agent.ids import ContactId, ContactKey, InstanceId
from agent.store.sealing import SEALED, AesGcmSealer
from agent.store.writer import Writer

PLAIN = "none"
"""What stands for the key of a record that is not sealed."""

_PAGE = 200
_Row: TypeAlias = tuple[str, str, bytes]
_SOME = """
SELECT instance_id, contact_id, body FROM contacts WHERE (instance_id, contact_id) > (?, ?)
ORDER BY instance_id, contact_id LIMIT ?
"""
_PUT = "UPDATE contacts SET body = ? WHERE instance_id = ? AND contact_id = ? AND body = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """What was found and done.

    Attributes:
        found: how many records lay under which key before, by the key's id; `PLAIN` for those in clear.
        sealed: how many were sealed anew.
        unreadable: contacts whose records none of the keys opens; they were left as they are.
    """

    found: dict[str, int]
    sealed: int
    unreadable: tuple[ContactKey, ...]


async def reseal(writer: Writer, sealer: AesGcmSealer, *, dry_run: bool) -> Resealed:
    """Looks at every record, those of finished contacts too; seals anew what is not under the first key."""
    found: Counter[str] = Counter()
    sealed, unreadable, after = 0, list[ContactKey](), ("", "")
    while rows := await writer.run(partial(_page, after)):
        after = rows[-1][:2]
        for instance, contact, body in rows:
            found[sealer.key_id(body) or PLAIN] += 1
            if sealer.is_newest(body) or dry_run:
                continue
            key = ContactKey(InstanceId(instance), ContactId(contact))
            try:
                sealed += await writer.run(partial(_anew, key, body, sealer))
            except StoreUnusable:
                unreadable.append(key)
    return Resealed(found=dict(found), sealed=sealed, unreadable=tuple(unreadable))


def _page(after: tuple[str, str], connection: sqlite3.Connection) -> list[_Row]:
    return connection.execute(_SOME, (*after, _PAGE)).fetchall()


def _anew(key: ContactKey, body: bytes, sealer: AesGcmSealer, connection: sqlite3.Connection) -> int:
    """1; 0 when somebody has written meanwhile, who seals with keys of their own."""
    plain = sealer.open(body, key) if body.startswith(SEALED) else body
    return connection.execute(_PUT, (sealer.seal(plain, key), key.instance_id, key.contact_id, body)).rowcount
