"""By which way an instance lets its chats be heard: the participant's websocket, or message streaming.

Nothing documents whether an instance gives a custom participant a websocket. `auto` tries it, and what is found out
holds for the instance as long as the process lives. It knows no chat and makes no call.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Literal, TypeAlias

from agent.errors import StreamingError
from agent.ids import ContactKey, InstanceId
from agent.telemetry import Happening, Level, Report, silent
from agent.wire.items import Item


class Way(StrEnum):
    """How items reach us."""

    WEBSOCKET = "websocket"
    STREAMING = "streaming"


Wanted: TypeAlias = Literal["websocket", "streaming", "auto"]
_REFUSALS = 3  # upgrades in a row; one alone may be an address that was dialled too late


class Ways:
    """The way of each instance. Shared by all chats of a process."""

    def __init__(
        self, wanted: Wanted = "websocket", of: Mapping[InstanceId, Wanted] | None = None, report: Report = silent
    ) -> None:
        """`of` says for some instances what else is wanted."""
        self._wanted = wanted
        self._exceptions = dict(of or {})
        self._found: dict[InstanceId, Way] = {}
        self._refusals: dict[InstanceId, int] = {}
        self._report = report

    def of(self, instance: InstanceId) -> Way:
        """The way to take now."""
        wanted = self._wish(instance)
        return self._found.get(instance, Way.WEBSOCKET) if wanted == "auto" else Way(wanted)

    def undecided(self, instance: InstanceId) -> bool:
        """Whether a refused websocket would mean that the instance gives none."""
        return self._wish(instance) == "auto" and instance not in self._found

    def heard_by_websocket(self, instance: InstanceId) -> None:
        """A websocket was subscribed: the instance gives them, whatever happens to one later."""
        if self.undecided(instance):
            self._found[instance] = Way.WEBSOCKET

    def not_upgraded(self, instance: InstanceId) -> None:
        """A websocket's address was given, and dialling it was refused."""
        self._refusals[instance] = self._refusals.get(instance, 0) + 1
        if self._refusals[instance] >= _REFUSALS:
            self.no_websocket(instance, "the websocket's upgrade was refused")

    def no_websocket(self, instance: InstanceId, why: str) -> None:
        """The instance gives no websocket. Told once; without effect unless undecided."""
        if self.undecided(instance):
            self._found[instance] = Way.STREAMING
            fields = {"instance": instance, "way": Way.STREAMING.value, "why": why}
            self._report(Happening(name="ingress.chosen", level=Level.WARNING, fields=fields))

    def _wish(self, instance: InstanceId) -> Wanted:
        return self._exceptions.get(instance, self._wanted)


class NoStreams:
    """A `StreamPort` that has none, for whoever is heard by websockets only."""

    async def topic(self) -> str:
        raise StreamingError("This process has no topic for message streaming.", passing=False)

    @contextmanager
    def listen(self, key: ContactKey, *, heard: Callable[[Item], None], doubtful: Callable[[], None]) -> Iterator[None]:
        yield
