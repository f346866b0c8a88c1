"""The chat, as a handler has it: the verbs of a conversation.

Every verb that acts goes through the run it belongs to, so that a replay does nothing twice. A chat is for its own
handler while that runs; kept longer it refuses. It knows no socket, no store and no other chat.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, cast

from typing_extensions import TypeVar

from agent.bot import durable, steps
from agent.bot.asking import Questions
from agent.bot.attributes import checked
from agent.bot.duration import Duration, seconds
from agent.bot.filters import Filter
from agent.bot.journal import Act, Entry
from agent.bot.saying import refuse_unsayable, refuse_unshowable
from agent.errors import BotError, ContentTypeRefused, DialogError
from agent.record import Timer
from agent.session.conversation import Contact, Turn
from agent.wire.content import ContentType
from agent.wire.interactive import (
    Template,
)
from agent.wire.items import Item

if TYPE_CHECKING:
    from agent.bot.conversation import BotConversation
    from agent.bot.run import Run

DepsT_co = TypeVar("DepsT_co", covariant=True, default=object)
StateT_co = TypeVar("StateT_co", covariant=True, default=object)
T = TypeVar("T")
P = ParamSpec("P")


class Dice(Random):
    """Randomness that gives the same in a replay; callable for a number from 0 to 1."""

    def __call__(self) -> float:
        return self.random()


class Typing:
    """What ``chat.typing()`` gives: to be awaited, or used as ``async with``."""

    def __init__(self, show: Callable[[], Awaitable[None]]) -> None:
        self._show = show

    def __await__(self) -> Generator[Any, Any, None]:
        return self._show().__await__()

    async def __aenter__(self) -> None:
        await self._show()

    async def __aexit__(self, *_: object) -> None:
        return None


class Chat(Questions, Generic[DepsT_co, StateT_co]):
    """One customer's chat; `DepsT_co` is what the bot's lifespan gives, `StateT_co` its type of state.

    Verbs that send raise a `ConversationOver` once the customer has gone, an agent has joined or the bot handed off.
    """

    __slots__ = ("_dice", "_run", "_talk")

    def __init__(self, run: "Run", talk: "BotConversation") -> None:
        self._run = run
        self._talk = talk
        self._dice: Dice | None = None

    # --------------------------------------------------------------------------------------- saying

    async def say(self, *texts: str, markdown: bool = False) -> None:
        """Says `texts`, one message each, in order; long ones are split. Returns when the chat has them.

        Raises:
            InvalidMessage: one of them is no string, or has nothing visible in it.
            ConversationOver: nothing more can be said.
        """
        refuse_unsayable(texts)
        for text in texts:
            if turn := self._stage():
                await turn.send(text, content_type=ContentType.MARKDOWN if markdown else ContentType.PLAIN)

    def _stage(self) -> Turn | None:
        """The turn in which one message is said now; None in a replay, which says nothing."""
        run = self._run
        turn = run.scene("say")
        steps.no_step_runs("say")
        if run.replaying:
            return None
        run.says += 1
        if run.says > self._talk.bot.max_says:
            raise BotError(
                f"{run.handler} said more than {self._talk.bot.max_says} messages in one turn; "
                "raise Bot(max_says=...) if that is meant."
            )
        return turn

    def typing(self) -> Typing:
        """Shows the customer that the bot is typing, until the turn ends: ``await`` it, or use ``async with``."""
        return Typing(self._show_typing)

    async def _show_typing(self) -> None:
        turn = self._run.scene("typing")
        if not self._run.replaying:
            await turn.typing()

    # ------------------------------------------------------------------------------------- showing

    async def show(self, message: Template) -> None:
        """Shows an interactive message; as numbered text where the contact or the bot's setting does not allow it.

        Raises ConversationOver, and InvalidMessage for what is no interactive message.
        """
        refuse_unshowable(message)
        await self._show(message, message.to_text())

    async def _show(self, message: Template, text: str) -> None:
        if self._run.replaying or not self._talk.interactive:
            await self.say(text)
            return
        try:
            if turn := self._stage():
                await turn.send(message.to_content(), content_type=ContentType.INTERACTIVE)
        except ContentTypeRefused:
            self._talk.interactive = False
            await self.say(text)

    # -------------------------------------------------------------------- what happens only once

    async def step(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls `function` once: its result is durable before the dialog goes on, and a replay does not call it.

        A crash in the middle may call it again with the same idempotency key, see `agent.idempotency_key`.

        Returns:
            The result as the journal gives it back, which is by its return annotation.

        Raises:
            StepFailed: it raised; so does the replay.
            DialogError: its result cannot be kept, or it is no function.
        """
        return cast("T", await steps.step(self._run, function, args, kwargs))

    async def sleep(self, duration: Duration) -> None:
        """Waits that long, over restarts; messages that come meanwhile go to other handlers."""
        until = self._clock_now().timestamp() + seconds(duration)
        await self._run.wait(Act.SLEPT, "", until)

    def now(self) -> datetime:
        """The time, in UTC; a replay gives the same again."""
        self._run.scene("now")
        if (entry := self._run.recall(Act.NOW, "")) is None:
            entry = self._run.note(Entry(act=Act.NOW, value=self._clock_now().timestamp()))
        return datetime.fromtimestamp(entry.value, UTC)

    def _clock_now(self) -> datetime:
        return self._run.scene("now").clock.now()

    @property
    def random(self) -> Dice:
        """Randomness that a replay repeats: ``chat.random()``, ``chat.random.choice(...)``."""
        if self._dice is None:
            self._dice = Dice(f"{self.contact.key}/{self._run.record.id}")
        return self._dice

    # ------------------------------------------------------------------------------------- leaving

    async def hand_off(self, *, attributes: Mapping[str, str] | None = None, say: str | None = None) -> None:
        """Passes the chat on: writes contact `attributes` for the flow, says goodbye, leaves.

        From then on every verb that sends raises `HandedOff`.

        Raises:
            BotError: the attributes cannot be written, or the goodbye not be said; then nothing is done.
        """
        if attributes is not None:
            checked("chat.hand_off", attributes)
        if say is not None and say != "":
            refuse_unsayable([say])
        if attributes:
            await self.set_attributes(attributes)
        if say:
            await self.say(say)
        await self.leave()

    async def leave(self) -> None:
        """Leaves the chat; the flow goes on without the bot. From then on every verb that sends raises `HandedOff`."""
        turn = self._run.scene("leave")
        if not self._run.replaying:
            await turn.leave()

    # ----------------------------------------------------------------------------------- later on

    def later(self, after: Duration, name: str, payload: str = "") -> None:
        """Runs the ``@on_timer(name)`` handler after that time, over restarts; setting it again moves it.

        Raises:
            DialogError: there is no such handler, or the payload is no string.
            BotError: `after` is no duration.
        """
        known = durable.text("chat.later", "name", name)
        if known not in self._talk.bot.routes.timers:
            raise DialogError(f"chat.later: there is no @on_timer({known!r}) handler.")
        self._set_timer(f"later/{known}", after, durable.text("chat.later", "payload", payload, "json.dumps(...) it"))

    def remind(self, after: Duration, text: str) -> None:
        """Says `text` after that time, unless `forget` is called or the conversation is over by then; there is one.

        Raises:
            DialogError: the text is no string, or there is nothing visible in it.
            BotError: `after` is no duration.
        """
        kept = durable.text("chat.remind", "text", text)
        if not kept.strip():
            raise DialogError("chat.remind: text must be visible; to take a reminder back, call chat.forget().")
        self._set_timer("remind/", after, kept)

    def forget(self, name: str | None = None) -> None:
        """Takes back a `later` by its name, or the `remind`."""
        turn = self._run.scene("forget")
        timer = f"later/{durable.text('chat.forget', 'name', name)}" if name else "remind/"
        if not self._run.replaying:
            turn.timers.pop(timer, None)

    def _set_timer(self, name: str, after: Duration, payload: str) -> None:
        turn = self._run.scene("later")
        if not self._run.replaying:
            due = self._clock_now().timestamp() + seconds(after)
            turn.timers[name] = Timer(name=name, due=due, payload=payload)

    # ----------------------------------------------------------------------------------- who and what

    @property
    def contact(self) -> Contact:
        """Ids, attributes, customer's name, channel."""
        return self._talk.contact

    @property
    def item(self) -> Item | None:
        """The item that started this handler, if one did; in a middleware, what the turn is about."""
        return self._run.item

    async def set_attributes(self, attributes: Mapping[str, str]) -> None:
        """Writes contact attributes, for the flow and the agents to read.

        Raises:
            BotError: keys or values are none, or too large; see the page about bots.
            ConnectError: Amazon Connect did not take them.
        """
        turn = self._run.scene("set_attributes")
        fit = checked("chat.set_attributes", attributes)
        if not self._run.replaying:
            await turn.set_attributes(fit)

    async def history(self) -> Sequence[Item]:
        """The whole chat so far, oldest first. In a dialog it belongs into a `step`: it grows. Raises ConnectError."""
        return await self._run.scene("history").history()

    @property
    def state(self) -> StateT_co:
        """The bot's state of this contact, to be changed in place; kept at the turn's end.

        Raises:
            BotError: the bot has no type of state.
        """
        if self._talk.memory.value is None:
            raise BotError("chat.state: this bot has none; give Bot(..., state=YourModel).")
        return cast("StateT_co", self._talk.memory.value)

    @property
    def deps(self) -> DepsT_co:
        """What the bot's lifespan gave.

        Raises:
            BotError: the bot has no lifespan, or it is not open.
        """
        return cast("DepsT_co", self._talk.bot.deps)

    def bound(self, filter: Filter[T]) -> T:
        """What `filter` found in the item that started this handler.

        Raises:
            DialogError: it does not match, or no item started it.
        """
        found = None if self._run.item is None else filter.match(self._run.item, self.contact)
        if found is None:
            raise DialogError(f"chat.bound: {filter!r} does not match what started this handler.")
        return found
