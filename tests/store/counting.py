"""A store that counts what it is asked, and what it answers with."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from agent.ports import ContactStore

WRITES = ("claim", "save", "release", "forget")


class CountingStore:
    """`store` as who uses it sees it.

    Attributes:
        calls: how often each method was called.
        listed: how many keys `claimable` has returned.
    """

    def __init__(self, store: ContactStore) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()
        self.listed = 0

    @property
    def writes(self) -> int:
        """How often a contact was written, in whichever way."""
        return sum(self.calls[name] for name in WRITES)

    def forget_counts(self) -> None:
        """From now on."""
        self.calls.clear()
        self.listed = 0

    async def claimable(self, *args: Any, **more: Any) -> Sequence[Any]:
        self.calls["claimable"] += 1
        keys = await self._store.claimable(*args, **more)
        self.listed += len(keys)
        return keys

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._store, name)
