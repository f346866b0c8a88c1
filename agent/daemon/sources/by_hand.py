"""One contact that a person names, and offers that need no word back. Nothing here listens to anybody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.ids import ContactKey
from agent.ports import Claimable, Declined, Offer


@dataclass(slots=True, kw_only=True)
class Unacknowledged:
    """A `Claimable` whose source needs no word: it offers again whatever still waits."""

    offer: Offer

    async def done(self) -> None:
        return None

    async def decline(self, why: Declined) -> bool:
        del why
        return False


class OneContact:
    """A `ContactSource` of exactly one contact; its stream ends after it."""

    def __init__(self, key: ContactKey) -> None:
        self._key = key

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        yield self._offers()

    async def _offers(self) -> AsyncIterator[Claimable]:
        yield Unacknowledged(offer=Offer(key=self._key))
