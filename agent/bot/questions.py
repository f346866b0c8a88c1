"""Questions: ask, read the answer, ask again, give up.

Each try is one wait in the run's journal, with whether the answer was taken, so that a replay needs neither the checks
nor the customer. A menu is shown as the contact allows it. It knows no turn.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec

from agent.bot import menus, mismatch
from agent.bot.answers import Answer, answer
from agent.bot.choice import Choice
from agent.bot.duration import Duration, seconds
from agent.bot.filters import normalised
from agent.bot.journal import Act, Entry, Kept
from agent.errors import Cancelled, DialogError, NoAnswer
from agent.wire.items import Message

if TYPE_CHECKING:
    from agent.bot.chat import Chat

Otherwise: TypeAlias = str | Callable[["Chat[Any, Any]", Message], Awaitable[None]] | None
Say: TypeAlias = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a question is put; see `Chat.ask`."""

    kind: Any = str
    check: Callable[[Any], bool | Awaitable[bool]] | None = None
    tries: int = 3
    timeout: Duration | None = None
    hint: str | None = None
    otherwise: Otherwise = None
    cancel: Sequence[str] | None = None
    key: str | None = None


async def ask(chat: "Chat[Any, Any]", question: str, rules: Rules) -> Any:
    """See `Chat.ask`."""
    label = rules.key or mismatch.label(question, mismatch.author_frame())

    async def put() -> None:
        if question:
            await chat.say(question)

    return await _until_answered(chat, label, answer(rules.kind), rules, put)


async def choose(chat: "Chat[Any, Any]", question: str, choices: Sequence[Any], rules: Mapping[str, Any]) -> Any:
    """See `Chat.choose`."""
    entries = menus.entries(choices)
    label = rules.get("key") or mismatch.label(question, mismatch.author_frame())
    bot = chat._talk.bot  # noqa: SLF001
    kind = Answer(lambda said, at: menus.chosen(said, entries), bot.texts.pick)

    async def put() -> None:
        await menus.show(chat, question, entries)

    choice: Choice[Any] = await _until_answered(chat, label, kind, Rules(kind=kind, **rules), put)
    return choice.value


async def _until_answered(chat: "Chat[Any, Any]", label: str, kind: Answer[Any], rules: Rules, put: Say) -> Any:
    run = chat._run  # noqa: SLF001
    run.scene("ask")
    if run.asking:
        raise DialogError(f"{run.handler} asks inside the check or otherwise of another question; ask one by one.")
    if rules.tries < 1:
        raise DialogError(f"chat.ask(tries={rules.tries!r}): a question needs at least one try.")
    run.asking = True
    try:
        return await _tries(chat, label, kind, rules, put)
    finally:
        run.asking = False


async def _tries(chat: "Chat[Any, Any]", label: str, kind: Answer[Any], rules: Rules, put: Say) -> Any:
    for left in range(rules.tries - 1, -1, -1):
        entry = await chat._run.wait(Act.ASKED, label, _until(chat, rules), put)  # noqa: SLF001
        if entry.value is None:
            raise NoAnswer("the customer did not answer in time")
        message = _message(entry)
        _refuse_cancel(chat, rules, message)
        if await _taken(chat, kind, rules, message, entry):
            return kind.read(message.content, _moment(message))
        if left:
            await _explain(chat, kind, rules, message)
    raise NoAnswer("the customer gave no usable answer")


def _until(chat: "Chat[Any, Any]", rules: Rules) -> float | None:
    if rules.timeout is None:
        return None
    return chat._run.scene("ask").clock.now().timestamp() + seconds(rules.timeout)  # noqa: SLF001


def _message(entry: Entry) -> Message:
    kept = entry.value if isinstance(entry.value, Kept) else msgspec.convert(entry.value, Kept)
    return cast("Message", kept.item())


def _refuse_cancel(chat: "Chat[Any, Any]", rules: Rules, message: Message) -> None:
    words = chat._talk.bot.cancel_words if rules.cancel is None else rules.cancel  # noqa: SLF001
    if normalised(message.content) in {normalised(word) for word in words}:
        raise Cancelled("the customer said a cancel word")


async def _taken(chat: "Chat[Any, Any]", kind: Answer[Any], rules: Rules, message: Message, entry: Entry) -> bool:
    """Whether the answer counts; found once, then kept in the journal."""
    try:
        value = kind.read(message.content, _moment(message))
    except ValueError:
        if entry.good:
            raise chat._run.disagree("an answer that this code cannot read") from None  # noqa: SLF001
        entry.good = False
        return False
    if entry.good is None:
        entry.good = await _checked(rules, value)
    return entry.good


async def _checked(rules: Rules, value: Any) -> bool:
    if rules.check is None:
        return True
    verdict = rules.check(value)
    return bool(await verdict if inspect.isawaitable(verdict) else verdict)


async def _explain(chat: "Chat[Any, Any]", kind: Answer[Any], rules: Rules, message: Message) -> None:
    if callable(rules.otherwise):
        await rules.otherwise(chat, message)
        return
    hint = rules.otherwise or rules.hint or kind.hint or chat._talk.bot.texts.not_understood  # noqa: SLF001
    if hint:
        await chat.say(hint)


def _moment(message: Message) -> datetime:
    try:
        return datetime.fromisoformat(message.absolute_time).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
