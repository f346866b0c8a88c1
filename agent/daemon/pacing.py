"""The quota budget that all chats of this process share: a token bucket for each operation and instance.

Participant operations count per instance, control-plane operations per account and Region [documented]. Nothing
here knows what a call is for, and nothing here sends one.
"""

from collections.abc import Mapping

from agent.clock import Clock
from agent.daemon.bucket import Adaption, Bucket, Rate
from agent.ids import InstanceId
from agent.ports import Operation

_PER_ACCOUNT = frozenset(
    {
        Operation.CREATE_PARTICIPANT,
        Operation.DESCRIBE_CONTACT,
        Operation.UPDATE_CONTACT_ATTRIBUTES,
        Operation.GET_CONTACT_ATTRIBUTES,
        Operation.UPDATE_PARTICIPANT_ROLE_CONFIG,
        Operation.STOP_CONTACT,
        Operation.START_CONTACT_STREAMING,
        Operation.STOP_CONTACT_STREAMING,
    }
)


class QuotaPacer:
    """A `Pacer` with one budget per operation and instance.

    Attributes:
        share: the part of every quota that is this process's, 0-1; change it when the number of workers changes.
    """

    def __init__(
        self, rates: Mapping[Operation, Rate], *, clock: Clock, share: float = 1.0, adaption: Adaption | None = None
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._share = share
        self._adaption = adaption or Adaption()
        self._buckets: dict[tuple[Operation, str], Bucket] = {}

    @property
    def share(self) -> float:
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        self._share = share
        for bucket in self._buckets.values():
            bucket.resize(share)

    def requota(self, rates: Mapping[Operation, Rate]) -> None:
        """From now on these are the quotas."""
        self._rates = rates
        for (operation, _), bucket in self._buckets.items():
            bucket.requota(rates[operation])

    def queues(self) -> Mapping[str, int]:
        """How many calls wait for a place, by operation."""
        queues: dict[str, int] = {}
        for (operation, _), bucket in self._buckets.items():
            queues[operation.value] = queues.get(operation.value, 0) + bucket.waiting
        return queues

    async def admit(self, operation: Operation, instance_id: InstanceId, *, urgent: bool = False) -> None:
        """Waits for a place in the budget; a wait that is cancelled takes none."""
        await self._bucket(operation, instance_id).admit(urgent=urgent)

    def spare(self, operation: Operation, instance_id: InstanceId) -> bool:
        return self._bucket(operation, instance_id).spare()

    def throttled(self, operation: Operation, instance_id: InstanceId) -> None:
        self._bucket(operation, instance_id).throttled()

    def waiting(self, operation: Operation, instance_id: InstanceId) -> int:
        """How many calls wait for a place."""
        return self._bucket(operation, instance_id).waiting

    def _bucket(self, operation: Operation, instance_id: InstanceId) -> Bucket:
        place = (operation, "" if operation in _PER_ACCOUNT else instance_id)
        if place not in self._buckets:
            self._buckets[place] = Bucket(
                self._rates[operation], share=self._share, clock=self._clock, adaption=self._adaption
            )
        return self._buckets[place]


class FreePacer:
    """A `Pacer` without a budget, for local work: nobody waits."""

    async def admit(self, operation: Operation, instance_id: InstanceId, *, urgent: bool = False) -> None:
        return None

    def spare(self, operation: Operation, instance_id: InstanceId) -> bool:
        return True

    def throttled(self, operation: Operation, instance_id: InstanceId) -> None:
        return None
