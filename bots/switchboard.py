"""One bot that others stand behind: it talks until it has chosen one of them, which then has the chat for good.

Each bot keeps its own state, journal and dependencies. Whose turn it is stands in the stored state, next to that of
the chosen bot, so it survives restarts; the turn that chose is the chosen bot's first. How the choice is made is the
business of the handlers: they set ``chat.state.bot``.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pydantic

from agent import Bot, Contact, Item


class Chosen(pydantic.BaseModel):
    """The switchboard's state: the bot that has the chat, "" for none yet, and how often nothing was understood."""

    bot: str = ""
    misses: int = 0


class Switchboard(Bot[object, Chosen]):
    """A bot with `bots` behind it, by name. Their overlap policy is its own: ``queue``."""

    def __init__(self, name: str, *, bots: Mapping[str, Bot[Any, Any]], **settings: Any) -> None:
        super().__init__(name, state=Chosen, **settings)
        self._bots = dict(bots)

    @property
    def bots(self) -> Mapping[str, Bot[Any, Any]]:
        """The bots behind it, by name."""
        return self._bots

    def freeze(self) -> None:
        """Raises RegistrationError: this bot, or one behind it, cannot be served."""
        super().freeze()
        for bot in self._bots.values():
            bot.freeze()

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """All bots ready to serve; one watch over the event loop is enough for all."""
        async with AsyncExitStack() as stack:
            for bot in self._bots.values():
                bot.block_limit = None
                await stack.enter_async_context(bot.lifespan())
            await stack.enter_async_context(super().lifespan())
            yield

    def report_to(self, report: Callable[[Any], None]) -> None:
        """Where the happenings of all bots go."""
        super().report_to(report)
        for bot in self._bots.values():
            bot.report_to(report)

    def surround(self, middleware: Iterable[Any]) -> None:
        """Puts `middleware` around the turns of all bots; the turn in which one is chosen passes through it twice."""
        around = tuple(middleware)
        super().surround(around)
        for bot in self._bots.values():
            bot.surround(around)

    def converse(self, contact: Contact) -> Any:
        """The switchboard's side of one contact."""
        return _Call(super().converse(contact), {name: bot.converse(contact) for name, bot in self._bots.items()})


class _Call:
    """One contact's conversation, with the switchboard or the bot it chose."""

    def __init__(self, own: Any, others: Mapping[str, Any]) -> None:
        self._own = own
        self._others = others
        self._chosen: str | None = None

    def wants(self, item: Item) -> bool:
        """Before the first turn nobody knows who has the chat: what anybody wants is a turn."""
        speakers = [self._own, *self._others.values()] if self._chosen is None else [self._speaker]
        return any(speaker.wants(item) for speaker in speakers)

    async def turn(self, turn: Any) -> None:
        self._chosen = self._choice(turn)
        if not self._chosen:
            await self._own.turn(_Part(turn, 0))
            self._chosen = self._choice(turn)
        if self._chosen:
            await self._speaker.turn(_Part(turn, 1))

    async def failed(self, turn: Any, error: Exception) -> None:
        await self._speaker.failed(_Part(turn, 1 if self._chosen else 0), error)

    async def rehearse(self, turn: Any, number: int) -> Exception | None:
        """Replays a saved run with the bot that has the chat; the error with which that fails."""
        self._chosen = self._choice(turn)
        error: Exception | None = await self._speaker.rehearse(_Part(turn, 1 if self._chosen else 0), number)
        return error

    async def aclose(self) -> None:
        for speaker in (self._own, *self._others.values()):
            await speaker.aclose()

    def _choice(self, turn: Any) -> str:
        """The name of the chosen bot; "" for none, and for one that is no longer there."""
        own, _ = _lines(turn)
        name = Chosen.model_validate_json(own).bot if own else ""
        return name if name in self._others else ""

    @property
    def _speaker(self) -> Any:
        return self._others.get(self._chosen or "", self._own)


class _Part:
    """A turn as one of the two sees it: all of it, but of the stored state its own line."""

    def __init__(self, turn: Any, line: int) -> None:
        self._turn = turn
        self._line = line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._turn, name)

    @property
    def state(self) -> bytes:
        return _lines(self._turn)[self._line]

    @state.setter
    def state(self, state: bytes) -> None:
        lines = _lines(self._turn)
        lines[self._line] = state
        self._turn.state = b"\n".join(lines)

    @property
    def journal(self) -> bytes:
        return bytes(self._turn.journal)

    @journal.setter
    def journal(self, journal: bytes) -> None:
        self._turn.journal = journal


def _lines(turn: Any) -> list[bytes]:
    """The switchboard's state, which is JSON on one line, and that of the bot it chose."""
    own, _, other = turn.state.partition(b"\n")
    return [own, other]
