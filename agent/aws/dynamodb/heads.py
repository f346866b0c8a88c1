"""The one item that says whose a contact is: read strongly, written only on top of exactly what was read.

Each write is conditional on the version before it. So a write that was given up, and comes late after all, fails once
anything was written since; and of two that claim at once one wins. Who finds his own mark has written already: only the
answer was lost. It does not know who may claim.
"""

from dataclasses import dataclass
from typing import Any

from agent.aws.dynamodb.calls import TableCalls, Unmet
from agent.aws.dynamodb.design import PARTITION
from agent.aws.dynamodb.rows import Head, at_head, head_of
from agent.ids import ContactKey


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheWay:
    """The head was not written, because `found` lies there now; None when nothing does."""

    found: Head | None


class Heads:
    """The heads of one table."""

    def __init__(self, calls: TableCalls) -> None:
        self._calls = calls

    async def read(self, key: ContactKey) -> Head | None:
        """The head as last written."""
        answer = await self._calls("GetItem", Key=at_head(key), ConsistentRead=True)
        return head_of(answer["Item"], key) if "Item" in answer else None

    async def create(self, head: Head) -> InTheWay | None:
        """Writes the first head of a contact."""
        return await self._put(head, ConditionExpression=f"attribute_not_exists({PARTITION})")

    async def replace(self, before: Head, head: Head) -> InTheWay | None:
        """Writes `head` in the place of `before`, of which only version and epoch matter."""
        values = {":version": {"N": str(before.version)}, ":epoch": {"N": str(before.epoch)}}
        return await self._put(
            head, ConditionExpression="version = :version AND epoch = :epoch", ExpressionAttributeValues=values
        )

    async def delete(self, key: ContactKey) -> None:
        """Deletes the head, whatever it is."""
        await self._calls("DeleteItem", Key=at_head(key))

    async def _put(self, head: Head, **condition: Any) -> InTheWay | None:
        answer = await self._calls.unless_unmet(
            "PutItem", Item=head.item(), ReturnValuesOnConditionCheckFailure="ALL_OLD", **condition
        )
        if not isinstance(answer, Unmet):
            return None
        found = head_of(answer.item, head.key) if answer.item else None
        return None if found and found.mark == head.mark else InTheWay(found=found)
