"""Questions: ask, read the answer, ask again, give up.

Each try is one wait in the run's journal, with whether the answer was taken, so that a replay needs neither the checks
nor the customer. It knows no turn.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec

from agent.bot import menus, mismatch
from agent.bot.answers import Answer, answer
from agent.bot.duration import seconds
from agent.bot.filters import normalised
from agent.bot.journal import Act, Entry, Kept
from agent.bot.menus import Menu
from agent.bot.rules import Rules, key_of, rules
from agent.bot.wording import called
from agent.errors import Cancelled, ConversationOver, DialogError, NoAnswer
from agent.wire.interactive import FreeText, Template, parse_response
from agent.wire.items import Message

if TYPE_CHECKING:
    from agent.bot.chat import Chat

Put: TypeAlias = Callable[[], Awaitable[None]]


def ask(chat: "Chat[Any, Any]", question: object, given: Mapping[str, Any]) -> Coroutine[Any, Any, Any]:
    """See `Chat.ask`."""
    found = rules("chat.ask", given)
    if not isinstance(question, str):
        raise DialogError(f"chat.ask: the question must be a string, not {called(question)}.")
    label = key_of("chat.ask", found) or mismatch.label(question, mismatch.author_frame())
    return _Asking(chat, found, label, question, answer(found.kind)).answered()


def choose(
    chat: "Chat[Any, Any]", question: object, choices: Sequence[Any], given: Mapping[str, Any]
) -> Coroutine[Any, Any, Any]:
    """See `Chat.choose`."""
    found = rules("chat.choose", given)
    menu, title = menus.of_question(question, choices)
    label = key_of("chat.choose", found) or mismatch.label(title, mismatch.author_frame())
    return _Asking(chat, found, label, title, menu).answered()


class _Asking:
    """One question, from the first try to the last. While it waits it is all that stands in memory of it."""

    __slots__ = ("_bot", "_chat", "_kind", "_label", "_question", "_rules", "_run", "_where")

    def __init__(
        self, chat: "Chat[Any, Any]", rules: Rules, label: str, question: str, kind: Answer[Any] | Menu[Any]
    ) -> None:
        self._chat = chat
        self._rules = rules
        self._label = label
        self._where = mismatch.where(mismatch.author_frame())
        self._question = question
        self._kind = kind
        self._run = chat._run  # noqa: SLF001 - the chat's other half
        self._bot = chat._talk.bot  # noqa: SLF001

    async def answered(self) -> Any:
        """The value of the first answer that counts. Raises NoAnswer and Cancelled."""
        self._refuse_nonsense()
        put: Put = self._put
        left = self._rules.tries
        self._run.asking = True
        try:
            while True:
                entry = await self._run.wait(Act.ASKED, self._label, self._until(), put)
                message = self._message(entry)
                if await self._taken(message, entry):
                    return self._value(message)
                if page := self._kind.turned(message) if isinstance(self._kind, Menu) else None:
                    put = _showing(self._chat, page)
                    continue
                put, left = self._put, left - 1
                await self._explain(message, left)
        except (NoAnswer, Cancelled, ConversationOver) as outcome:
            self._tell(type(outcome).__name__)
            raise
        finally:
            self._run.asking = False

    def _refuse_nonsense(self) -> None:
        self._run.scene("ask")
        if self._run.asking:
            raise DialogError(f"{self._run.handler} asks inside the check or otherwise of another question.")

    def _value(self, message: Message) -> Any:
        value = self._read(message)
        self._tell("answered", self._kind.values.index(value) + 1 if isinstance(self._kind, Menu) else 0)
        return value

    def _tell(self, outcome: str, choice: int = 0) -> None:
        """Reports how it went, once: not in replays. A composed question shows as a digest."""
        if not self._run.replaying:
            self._chat._talk.tell_question(self._label, self._where, outcome, choice)  # noqa: SLF001

    async def _put(self) -> None:
        if isinstance(self._kind, Menu):
            await self._chat._show(self._kind.first, self._kind.text)  # noqa: SLF001
        elif self._question:
            await self._chat.say(self._question)

    def _message(self, entry: Entry) -> Message:
        if entry.value is None:
            raise NoAnswer("the customer did not answer in time")
        kept = entry.value if isinstance(entry.value, Kept) else msgspec.convert(entry.value, Kept)
        message = cast("Message", kept.item())
        words = self._bot.cancel_words if self._rules.cancel is None else self._rules.cancel
        if normalised(message.content) in {normalised(word) for word in words}:
            raise Cancelled("the customer said a cancel word")
        return message

    def _until(self) -> float | None:
        if self._rules.timeout is None:
            return None
        return self._run.scene("ask").clock.now().timestamp() + seconds(self._rules.timeout)

    def _read(self, message: Message) -> Any:
        if isinstance(self._kind, Menu):
            return self._kind.read(message)
        said = parse_response(message.content_type, message.content)
        return self._kind.read(said.text if isinstance(said, FreeText) else message.content, _moment(message))

    async def _taken(self, message: Message, entry: Entry) -> bool:
        """Whether the answer counts; found once, then kept in the journal."""
        if entry.good is False:
            return False
        try:
            value = self._read(message)
        except ValueError:
            if entry.good:
                raise self._run.disagree("an answer that this code cannot read") from None
            entry.good = False
            return False
        if entry.good is None:
            entry.good = await self._checked(value)
        return entry.good

    async def _checked(self, value: Any) -> bool:
        if self._rules.check is None:
            return True
        verdict = self._rules.check(value)
        return bool(await verdict if inspect.isawaitable(verdict) else verdict)

    async def _explain(self, message: Message, left: int) -> None:
        if not left:
            raise NoAnswer("the customer gave no usable answer")
        self._tell("asked again")
        if callable(self._rules.otherwise):
            await self._rules.otherwise(self._chat, message)
            return
        texts = self._bot.texts
        own = texts.pick if isinstance(self._kind, Menu) else self._kind.hint
        hint = self._rules.otherwise or self._rules.hint or own or texts.not_understood
        if hint:
            await self._chat.say(hint)


def _showing(chat: "Chat[Any, Any]", page: Template) -> Callable[[], Awaitable[None]]:
    async def show() -> None:
        await chat._show(page, page.to_text())  # noqa: SLF001

    return show


def _moment(message: Message) -> datetime:
    try:
        return datetime.fromisoformat(message.absolute_time).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
