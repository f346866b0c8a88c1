"""Which contacts are not over, by who holds them: read from the index and merged into the order of the keys.

The index follows the table a little later, so what is listed is a proposal. It decides nothing.
"""

from collections.abc import Iterable, Sequence
from heapq import merge
from typing import Any

from agent.aws.dynamodb.calls import TableCalls
from agent.aws.dynamodb.design import HOLDER, INDEX, PARTITION, holder_of, key_of, partition_of
from agent.ids import ContactKey, WorkerId


async def held_by(
    calls: TableCalls, owners: Iterable[WorkerId | None], *, limit: int, after: ContactKey | None
) -> Sequence[ContactKey]:
    """The first `limit` contacts of these owners behind `after`; None stands for the released ones."""
    pages = [await _page(calls, holder_of(owner), limit, after) for owner in owners]
    return [key_of(partition) for partition in list(merge(*pages))[:limit]]


async def _page(calls: TableCalls, holder: str, limit: int, after: ContactKey | None) -> Sequence[str]:
    asked: dict[str, Any] = {
        "IndexName": INDEX,
        "KeyConditionExpression": f"{HOLDER} = :holder" + (f" AND {PARTITION} > :after" if after else ""),
        "ExpressionAttributeValues": {
            ":holder": {"S": holder},
            **({":after": {"S": partition_of(after)}} if after else {}),
        },
    }
    found: list[str] = []
    while len(found) < limit:
        answer = await calls("Query", Limit=limit - len(found), **asked)
        found += [item[PARTITION]["S"] for item in answer.get("Items") or ()]
        if not (last := answer.get("LastEvaluatedKey")):
            break
        asked["ExclusiveStartKey"] = last
    return found
