"""Bodies longer than an item may be (400 KB [documented]): cut into items of their own, under the mark of their write.

Parts are written first; the head's one conditional write then points to them. So a crash leaves the old body or the new
one whole, never a mix; what it leaves lying expires by itself. It does not know what a body means.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from agent.aws.dynamodb.calls import TableCalls
from agent.aws.dynamodb.design import EXPIRES, PART, PARTITION, SORT, partition_of
from agent.aws.dynamodb.rows import Head
from agent.aws.dynamodb.settings import DAY
from agent.ids import ContactKey

LONGEST = 380_000
"""Bytes of a body in one item; the rest of 409,600 is for the other attributes."""

LONGEST_LIFE = 35 * DAY
"""After so long a part is litter for certain: a chat lasts at most 7 days [documented], and each save writes anew."""


def cut(body: bytes) -> list[bytes]:
    """The pieces of a body that is too long, none for one that fits."""
    if len(body) <= LONGEST:
        return []
    return [body[start : start + LONGEST] for start in range(0, len(body), LONGEST)]


async def write_parts(
    calls: TableCalls, key: ContactKey, mark: str, pieces: Iterable[bytes], *, expires: float
) -> None:
    """Writes the pieces under `mark`. Nothing points to them yet."""
    for number, piece in enumerate(pieces):
        at = {PARTITION: {"S": partition_of(key)}, SORT: {"S": _sort(mark, number)}}
        await calls("PutItem", Item={**at, "body": {"B": piece}, EXPIRES: {"N": str(int(expires))}})


async def read_parts(calls: TableCalls, head: Head) -> bytes | None:
    """The body that `head` points to; None when its parts are not all there, because a later write has replaced it."""
    pieces = [item["body"]["B"] for item in await _items(calls, head.key, f"{PART}{head.written_as}#")]
    return b"".join(pieces) if len(pieces) == head.parts else None


async def drop_parts(calls: TableCalls, key: ContactKey, mark: str, count: int) -> None:
    """Deletes the parts that a write with `mark` left."""
    for number in range(count):
        at = {PARTITION: {"S": partition_of(key)}, SORT: {"S": _sort(mark, number)}}
        await calls("DeleteItem", Key=at)


async def drop_all_parts(calls: TableCalls, key: ContactKey) -> None:
    """Deletes every part of a contact, also those that a crash left lying."""
    for item in await _items(calls, key, PART, ProjectionExpression=f"{PARTITION}, {SORT}"):
        await calls("DeleteItem", Key={PARTITION: item[PARTITION], SORT: item[SORT]})


async def _items(calls: TableCalls, key: ContactKey, prefix: str, **members: Any) -> list[Mapping[str, Any]]:
    asked: dict[str, Any] = {
        "KeyConditionExpression": f"{PARTITION} = :contact AND begins_with({SORT}, :prefix)",
        "ExpressionAttributeValues": {":contact": {"S": partition_of(key)}, ":prefix": {"S": prefix}},
        "ConsistentRead": True,
        **members,
    }
    return await queried(calls, asked)


async def queried(calls: TableCalls, asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every item that a query finds; it comes in pages of a megabyte [documented]."""
    found: list[Mapping[str, Any]] = []
    page: dict[str, Any] = {}
    while True:
        answer = await calls("Query", **asked, **page)
        found += answer.get("Items") or ()
        if not (last := answer.get("LastEvaluatedKey")):
            return found
        page = {"ExclusiveStartKey": last}


def _sort(mark: str, number: int) -> str:
    return f"{PART}{mark}#{number:04}"
