"""Watching a bot from beside it: which messages it has dealt with, and when its chat is over.

A deterministic sign that an answer is complete, as no pause in the conversation is one: a message is dealt with when
the turn about it has been committed, or when the bot passed over it.
"""

from collections.abc import Callable

import anyio

from agent.ids import ItemId
from agent.session.conversation import Contact, Conversation, Converser, Overlap, Turn
from agent.telemetry import Happening
from agent.wire.items import Item

_ENDS = {"contact.ended", "contact.refused", "contact.given_up", "contact.unreadable", "offer.refused"}


class Watcher:
    """A `Report` that follows one chat.

    Attributes:
        over: the bot is no longer on the chat.
    """

    def __init__(self) -> None:
        self.over = False
        self._greeted = False
        self._dealt_with: set[str] = set()
        self._changed = anyio.Event()

    def __call__(self, happening: Happening) -> None:
        if happening.name == "turn.committed":
            self._greeted = True
            self._dealt_with.add(str(happening.fields.get("last_item", "")))
        if happening.name in _ENDS:
            self.over = True
        self._wake()

    def passed_over(self, item: Item) -> None:
        """The bot does not want `item`."""
        self._dealt_with.add(item.id)
        self._wake()

    async def greeted(self) -> None:
        """Returns when the bot has joined and said what it says then, or is gone."""
        await self._until(lambda: self._greeted)

    async def dealt_with(self, item: ItemId) -> None:
        """Returns when the bot has answered `item`, passed over it, or is gone."""
        await self._until(lambda: item in self._dealt_with)
        self._dealt_with.discard(item)

    async def gone(self) -> None:
        """Returns when the bot is no longer on the chat."""
        await self._until(lambda: self.over)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not (condition() or self.over):
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class WatchedBot:
    """A bot whose lack of interest in an item can be seen; otherwise itself."""

    def __init__(self, bot: Converser, watcher: Watcher) -> None:
        self._bot = bot
        self._watcher = watcher

    @property
    def name(self) -> str:
        return self._bot.name

    @property
    def overlap(self) -> Overlap:
        return self._bot.overlap

    def converse(self, contact: Contact) -> Conversation:
        return _WatchedConversation(self._bot.converse(contact), self._watcher)


class _WatchedConversation:
    def __init__(self, conversation: Conversation, watcher: Watcher) -> None:
        self._conversation = conversation
        self._watcher = watcher

    def wants(self, item: Item) -> bool:
        wanted = self._conversation.wants(item)
        if not wanted:
            self._watcher.passed_over(item)
        return wanted

    async def turn(self, turn: Turn) -> None:
        await self._conversation.turn(turn)

    async def failed(self, turn: Turn, error: Exception) -> None:
        await self._conversation.failed(turn, error)

    async def aclose(self) -> None:
        await self._conversation.aclose()
