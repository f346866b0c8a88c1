"""The seam between a chat and whatever it is heard by: the living websocket, or the stream.

It knows neither; it only asks which way is the instance's, and again when that way was found closed.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from agent.ids import InstanceId
from agent.session.fence import Fence
from agent.session.ways import Way, Ways


class Ingress(Protocol):
    """One way in which a chat is heard. Items go to the inbox; whatever may be missing is read in the transcript."""

    async def run(self) -> None:
        """Hears until cancelled, until the participant is no longer welcome, or until this way is found closed."""
        ...


class WayIn:
    """An `Ingress` by the way that the instance offers."""

    def __init__(
        self, instance: InstanceId, ingresses: Mapping[Way, Callable[[], Ingress]], *, ways: Ways, fence: Fence
    ) -> None:
        self._instance = instance
        self._ingresses = ingresses
        self._ways = ways
        self._fence = fence

    async def run(self) -> None:
        taken: Way | None = None
        while self._fence.reason is None and (way := self._ways.of(self._instance)) is not taken:
            taken = way
            await self._ingresses[way]().run()
