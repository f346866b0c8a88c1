"""The customer of a test: verbs to act and to expect, each failing with the whole conversation before the eyes.

What is expected may take its time, virtual time, but not for ever. The customer sees the chat as Amazon Connect keeps
it, so what is seen twice was sent twice.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import anyio
from anyio.lowlevel import checkpoint

from agent.bot.duration import Duration, seconds
from agent.emulator import Desk, Operations
from agent.testing.story import Line, lines, shown
from agent.testing.worker import Worker
from agent.wire.content import ContentType, EventType

T = TypeVar("T")

PATIENCE = 60.0
_GLANCE = 0.05


class Customer:
    """One customer in a chat with the bot under test.

    Attributes:
        errors: what the bot's turns raised so far.
    """

    def __init__(self, operations: Operations, contact_id: str, token: str, worker: Worker) -> None:
        self._operations = operations
        self._contact_id = contact_id
        self._token = token
        self._worker = worker
        self._desk = Desk(operations.region)
        self._seen = 0
        self._story: list[Line] = []

    # ---------------------------------------------------------------------------------------- acting

    async def says(self, *texts: str) -> None:
        """Sends messages, one after another at once."""
        for text in texts:
            self._send(text, ContentType.PLAIN)
        await checkpoint()

    async def picks(self, title: str) -> None:
        """Picks an entry of the newest menu, as the chat widget does.

        Raises:
            AssertionError: no menu with this entry is shown.
        """
        __tracebackhide__ = True
        await self._until(lambda: title in self._newest_menu(), f"a menu with {title!r} to pick from")
        self._send(title, ContentType.PLAIN)
        await checkpoint()

    async def types(self) -> None:
        """Types without sending."""
        await anyio.sleep(_GLANCE)
        self._call("SendEvent", ContentType=EventType.TYPING)
        await checkpoint()

    async def sends(self, content: str, content_type: str) -> None:
        """Sends a message of another content type, as a widget might."""
        self._send(content, content_type)
        await checkpoint()

    async def happens(self, event: str) -> None:
        """An event of the customer reaches the chat, by its `EventType` or last words such as ``participant.idle``."""
        chat = self._operations.region.chat(self._contact_id)
        prefix = EventType.TYPING.removesuffix("typing")
        chat.publish_event(event if event.startswith(prefix) else prefix + event, chat.customer)
        await checkpoint()

    async def waits(self, duration: Duration) -> None:
        """Lets time pass: ``"2h"``, ``"30s"``, seconds or a timedelta."""
        await anyio.sleep(seconds(duration))

    async def leaves(self) -> None:
        """Ends the chat, and waits until the bot's side has ended too."""
        __tracebackhide__ = True
        self._call("DisconnectParticipant")
        await self._over()

    async def agent_joins(self, name: str = "Agent") -> None:
        """A human agent takes the chat; waits until the bot's side has ended."""
        __tracebackhide__ = True
        self._desk.agent_joins(self._contact_id, name)
        await self._over()

    async def kill_worker(self) -> None:
        """The bot's process dies where it stands; another one takes the chat over."""
        await self._worker.kill()
        self._worker.start()
        await checkpoint()

    # ------------------------------------------------------------------------------------- expecting

    async def sees(self, text: str, *, within: Duration = PATIENCE) -> str:
        """The bot says something with `text` in it, after what was seen before. Returns the whole message.

        Raises:
            AssertionError: it does not, `within` that time.
        """
        __tracebackhide__ = True
        found = await self._next(lambda line: text in line.text, repr(text), within)
        return found.text

    async def sees_menu(self, *titles: str, within: Duration = PATIENCE) -> str:
        """The bot shows a menu with just these entries, in this order; any menu, if none are given. Returns it.

        Raises:
            AssertionError: it does not, `within` that time.
        """
        __tracebackhide__ = True
        what = f"a menu of {', '.join(map(repr, titles))}" if titles else "a menu"
        found = await self._next(lambda line: bool(line.menu) and (not titles or line.menu == titles), what, within)
        return found.text

    async def hears_nothing(self, during: Duration = "10s") -> None:
        """From now on the bot says nothing for that long.

        Raises:
            AssertionError: it does.
        """
        __tracebackhide__ = True
        before = len(self.story)
        if (number := await _eventually(lambda: self._bot_spoke_after(before), during)) is not None:
            self._fail("nothing", {number: "expected nothing"})

    # -------------------------------------------------------------------------------------- looking

    @property
    def story(self) -> list[Line]:
        """Everything in the chat, as Amazon Connect keeps it."""
        items = self._operations.region.chat(self._contact_id).transcript.items
        if len(items) != len(self._story):
            self._story = lines(items)
        return self._story

    @property
    def heard(self) -> list[str]:
        """All that the bot said, from the beginning."""
        return [line.text for line in self.story if _from_bot(line)]

    @property
    def attributes(self) -> Mapping[str, str]:
        """The contact's attributes."""
        return dict(self._operations.region.chat(self._contact_id).attributes)

    @property
    def errors(self) -> Sequence[BaseException]:
        return tuple(self._worker.failures)

    # ------------------------------------------------------------------------------------- underneath

    def _call(self, operation: str, **members: Any) -> None:
        self._operations.call(operation, members, bearer=self._token)

    def _send(self, content: str, content_type: str) -> None:
        self._call("SendMessage", ContentType=content_type, Content=content)

    async def _over(self) -> None:
        __tracebackhide__ = True
        await self._until(self._worker.ended.is_set, "the bot to be gone")

    def _newest_menu(self) -> tuple[str, ...]:
        return next((line.menu for line in reversed(self.story) if _from_bot(line) and line.menu), ())

    def _bot_spoke_after(self, number: int) -> int | None:
        story = self.story
        return next((at for at in range(number, len(story)) if _from_bot(story[at])), None)

    async def _next(self, fits: Callable[[Line], bool], what: str, within: Duration) -> Line:
        __tracebackhide__ = True
        number = await _eventually(lambda: self._first(fits), within)
        if number is None:
            other = self._bot_spoke_after(self._seen)
            self._fail(what, {len(self.story) if other is None else other: f"expected {what}"})
        self._seen = number + 1
        return self.story[number]

    def _first(self, fits: Callable[[Line], bool]) -> int | None:
        story = self.story
        return next((at for at in range(self._seen, len(story)) if _from_bot(story[at]) and fits(story[at])), None)

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        __tracebackhide__ = True
        if await _eventually(lambda: condition() or None, PATIENCE) is None:
            self._fail(what, {len(self.story): f"expected {what}"})

    def _fail(self, what: str, notes: Mapping[int, str]) -> NoReturn:
        __tracebackhide__ = True
        told = [f"The customer expected {what}.", "", shown(self.story, notes), *self._troubles()]
        raise AssertionError("\n".join(told))

    def _troubles(self) -> list[str]:
        return [
            f"\nThe bot raised:\n{''.join(traceback.format_exception(error)).rstrip()}"
            for error in self._worker.failures
        ]


def _from_bot(line: Line) -> bool:
    return line.said and line.who == "bot"


async def _eventually(find: Callable[[], T | None], within: Duration) -> T | None:
    """What `find` finds, None when it finds nothing `within` that time."""
    glance = _GLANCE
    with anyio.move_on_after(seconds(within)):
        while (found := find()) is None:
            await anyio.sleep(glance)
            glance = min(1.1 * glance, 1.0)
        return found
    return None
