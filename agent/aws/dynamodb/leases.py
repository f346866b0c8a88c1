"""The leases of the workers: one item each, all in one partition, read strongly.

A dead worker's lease stays until its contacts are gone: the index is asked by owner, so the owners must be known. It
knows no contact.
"""

from collections.abc import Sequence
from dataclasses import replace

from agent.aws.dynamodb.calls import TableCalls, Unmet
from agent.aws.dynamodb.design import LEASE, PARTITION
from agent.aws.dynamodb.parts import LONGEST_LIFE, queried
from agent.aws.dynamodb.rows import Lease, at_lease, lease_of, new_mark
from agent.clock import Clock
from agent.ids import WorkerId

_UNCHANGED = "version = :version"
_ABSENT = f"attribute_not_exists({PARTITION})"


class Leases:
    """The lease items of one table."""

    def __init__(self, calls: TableCalls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._versions: dict[WorkerId, int] = {}

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock.now().timestamp()

    async def beat(self, worker: WorkerId, *, ttl: float) -> None:
        """Keeps the lease alive for `ttl` seconds from the moment of the call."""
        await self._write(worker, beat=self.now(), ttl=ttl)

    async def end(self, worker: WorkerId) -> None:
        """Lets the lease be dead from now on."""
        await self._write(worker, beat=self.now(), ttl=0.0)

    async def introduce(self, worker: WorkerId) -> None:
        """Sees to it that the worker is known, if only as one that never beat its heart."""
        if worker in self._versions:
            return
        dead = self._lease(worker, beat=self.now(), ttl=0.0, version=0)
        stored = await self._calls.unless_unmet(
            "PutItem",
            Item=dead.item(),
            ConditionExpression=_ABSENT,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        found = lease_of(stored.item) if isinstance(stored, Unmet) and stored.item else dead
        self._versions[worker] = found.version

    async def alive(self, worker: WorkerId) -> bool:
        """Whether this worker's lease is alive now."""
        answer = await self._calls("GetItem", Key=at_lease(worker), ConsistentRead=True)
        return "Item" in answer and lease_of(answer["Item"]).alive(self.now())

    async def all(self) -> Sequence[Lease]:
        """Every lease, dead or alive."""
        asked = {
            "KeyConditionExpression": f"{PARTITION} = :leases",
            "ExpressionAttributeValues": {":leases": {"S": LEASE}},
            "ConsistentRead": True,
        }
        return [lease_of(item) for item in await queried(self._calls, asked)]

    async def strike(self, dead: Lease) -> None:
        """Deletes a lease that nobody has written since it was read."""
        await self._calls.unless_unmet(
            "DeleteItem",
            Key=at_lease(dead.worker),
            ConditionExpression=_UNCHANGED,
            ExpressionAttributeValues={":version": {"N": str(dead.version)}},
        )
        self._versions.pop(dead.worker, None)

    async def _write(self, worker: WorkerId, *, beat: float, ttl: float) -> None:
        """Only on top of the version known here, so that a beat that was given up never lies over a later one."""
        lease = self._lease(worker, beat=beat, ttl=ttl, version=self._versions.get(worker, 0) + 1)
        while isinstance(unmet := await self._put(lease), Unmet):
            found = lease_of(unmet.item) if unmet.item else None
            if found and found.mark == lease.mark:
                break
            lease = replace(lease, version=(found.version if found else 0) + 1)
        self._versions[worker] = lease.version

    async def _put(self, lease: Lease) -> object:
        before = lease.version - 1
        condition = f"{_ABSENT} OR {_UNCHANGED}" if before == 0 else _UNCHANGED
        return await self._calls.unless_unmet(
            "PutItem",
            Item=lease.item(),
            ConditionExpression=condition,
            ExpressionAttributeValues={":version": {"N": str(before)}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    def _lease(self, worker: WorkerId, *, beat: float, ttl: float, version: int) -> Lease:
        expires = self.now() + ttl + LONGEST_LIFE
        return Lease(worker=worker, beat=beat, ttl=ttl, version=version, mark=new_mark(), expires=expires)
