"""A contact's head and a worker's lease as DynamoDB's items, and back. Pure: it makes no request.

Each write of an item raises its `version` by one and leaves its own `mark` in it. The version makes a write that comes
late, after a later one, fail its condition; the mark lets a writer whose answer was lost recognise its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from agent.aws.dynamodb.design import EXPIRES, HEAD, HOLDER, LEASE, PARTITION, SORT, holder_of, partition_of
from agent.errors import StoreUnusable
from agent.ids import ContactKey, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The item of a contact.

    Attributes:
        body: the record at rest; empty when it lies in parts.
        parts: how many pieces the body was cut into, 0 for none; they bear `written_as`.
        written_as: the mark of the write that wrote the body.
        expires: when the item may vanish, seconds since the epoch; None while the contact is not over.
    """

    key: ContactKey
    epoch: int
    owner: WorkerId | None
    over: bool
    version: int
    mark: str
    written_as: str
    body: bytes = field(repr=False)
    parts: int = 0
    expires: float | None = None

    def item(self) -> dict[str, Any]:
        """The whole item, as PutItem takes it."""
        item = {
            **at_head(self.key),
            "epoch": _number(self.epoch),
            "over": {"BOOL": self.over},
            "version": _number(self.version),
            "mark": {"S": self.mark},
            "written_as": {"S": self.written_as},
            "parts": _number(self.parts),
            "body": {"B": self.body},
        }
        if self.owner is not None:
            item["owner"] = {"S": self.owner}
        if not self.over:
            item[HOLDER] = {"S": holder_of(self.owner)}
        if self.expires is not None:
            item[EXPIRES] = _number(int(self.expires))
        return item


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The item of a worker: alive for `ttl` seconds from `beat`, in seconds since the epoch."""

    worker: WorkerId
    beat: float
    ttl: float
    version: int
    mark: str
    expires: float = 0.0

    def alive(self, now: float) -> bool:
        """A lease from further in the future than its `ttl` is dead, too."""
        return abs(now - self.beat) < self.ttl

    def item(self) -> dict[str, Any]:
        """The whole item, as PutItem takes it."""
        return {
            **at_lease(self.worker),
            "beat": {"S": repr(self.beat)},
            "ttl": {"S": repr(self.ttl)},
            "version": _number(self.version),
            "mark": {"S": self.mark},
            EXPIRES: _number(int(self.expires)),
        }


def new_mark() -> str:
    """A mark that no other write bears."""
    return uuid4().hex


def at_head(key: ContactKey) -> dict[str, Any]:
    """The primary key of a contact's head."""
    return {PARTITION: {"S": partition_of(key)}, SORT: {"S": HEAD}}


def at_lease(worker: WorkerId) -> dict[str, Any]:
    """The primary key of a worker's lease."""
    return {PARTITION: {"S": LEASE}, SORT: {"S": worker}}


def head_of(item: Mapping[str, Any], key: ContactKey) -> Head:
    """The head in `item`.

    Raises:
        StoreUnusable: somebody else wrote it.
    """
    try:
        return Head(
            key=key,
            epoch=int(item["epoch"]["N"]),
            owner=WorkerId(item["owner"]["S"]) if "owner" in item else None,
            over=bool(item["over"]["BOOL"]),
            version=int(item["version"]["N"]),
            mark=item["mark"]["S"],
            written_as=item["written_as"]["S"],
            body=bytes(item["body"]["B"]),
            parts=int(item["parts"]["N"]),
            expires=float(item[EXPIRES]["N"]) if EXPIRES in item else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreUnusable(f"Contact {key}: its item is no contact's; it was left as it is.") from error


def lease_of(item: Mapping[str, Any]) -> Lease:
    """The lease in `item`.

    Raises:
        StoreUnusable: somebody else wrote it.
    """
    try:
        return Lease(
            worker=WorkerId(item[SORT]["S"]),
            beat=float(item["beat"]["S"]),
            ttl=float(item["ttl"]["S"]),
            version=int(item["version"]["N"]),
            mark=item["mark"]["S"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreUnusable("A worker's lease in the table is no lease; delete the item whose pk is lease.") from error


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
