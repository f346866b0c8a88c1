"""The questions of a chat, with all their types: what is asked for is what comes back.

Only the signatures are here; how a question is put stands in `questions`. It knows no run.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast, overload

from agent.bot import questions
from agent.bot.answers import Answer
from agent.bot.choice import Choice
from agent.bot.duration import Duration
from agent.bot.rules import Otherwise
from agent.wire.interactive import (
    Carousel,
    ListPicker,
    Panel,
    PickedInCarousel,
    QuickReply,
    TimePicker,
    TimeSlot,
)

T = TypeVar("T")


class Questions:
    """``chat.ask`` and ``chat.choose``."""

    __slots__ = ()

    @overload
    async def ask(
        self,
        question: str,
        *,
        check: Callable[[str], bool | Awaitable[bool]] | None = None,
        tries: int = 3,
        timeout: Duration | None = None,
        hint: str | None = None,
        otherwise: Otherwise = None,
        cancel: Sequence[str] | None = None,
        key: str | None = None,
    ) -> str: ...

    @overload
    async def ask(
        self,
        question: str,
        kind: type[T] | Answer[T],
        *,
        check: Callable[[T], bool | Awaitable[bool]] | None = None,
        tries: int = 3,
        timeout: Duration | None = None,
        hint: str | None = None,
        otherwise: Otherwise = None,
        cancel: Sequence[str] | None = None,
        key: str | None = None,
    ) -> T: ...

    def ask(self, question: str, kind: Any = str, *, check: Any = None, **rules: Any) -> Any:
        """Asks and waits for the answer, which may come days later and in another process.

        Args:
            question: what is said; "" to wait for the customer without saying anything.
            kind: what the answer has to be: a type (str, int, float, Decimal, bool, date) or one of `agent.answers`.
            check: what else must hold of it.
            tries: after so many answers that are none, `NoAnswer`.
            timeout: after so much silence, `NoAnswer`.
            hint: said before the question is asked again.
            otherwise: said, or called with the message, instead of the hint.
            cancel: words that raise `Cancelled`, instead of the bot's.
            key: what the journal knows the question by, so that its text may change; its text by default.

        Raises:
            NoAnswer: the tries or the time ran out.
            Cancelled: the customer said a cancel word.
            HumanTookOver: an agent joined; any other `ConversationOver` likewise.
            DialogError: it is called where nothing can be asked.
        """
        return questions.ask(cast("Any", self), question, {"kind": kind, "check": check, **rules})

    @overload
    async def choose(
        self,
        question: str,
        choices: Sequence[Choice[T]],
        *,
        tries: int = 3,
        timeout: Duration | None = None,
        hint: str | None = None,
        otherwise: Otherwise = None,
        cancel: Sequence[str] | None = None,
        key: str | None = None,
    ) -> T: ...

    @overload
    async def choose(
        self,
        question: str,
        choices: Sequence[str],
        *,
        tries: int = 3,
        timeout: Duration | None = None,
        hint: str | None = None,
        otherwise: Otherwise = None,
        cancel: Sequence[str] | None = None,
        key: str | None = None,
    ) -> str: ...

    @overload
    async def choose(
        self,
        question: TimePicker,
        *,
        tries: int = 3,
        timeout: Duration | None = None,
        hint: str | None = None,
        otherwise: Otherwise = None,
        cancel: Sequence[str] | None = None,
        key: str | None = None,
    ) -> TimeSlot: ...

    @overload
    async def choose(
        self,
        question: Carousel,
        *,
        tries: int = 3,
        timeout: Duration | None = None,
        hint: str | None = None,
        otherwise: Otherwise = None,
        cancel: Sequence[str] | None = None,
        key: str | None = None,
    ) -> PickedInCarousel: ...

    @overload
    async def choose(
        self,
        question: ListPicker | Panel | QuickReply,
        *,
        tries: int = 3,
        timeout: Duration | None = None,
        hint: str | None = None,
        otherwise: Otherwise = None,
        cancel: Sequence[str] | None = None,
        key: str | None = None,
    ) -> str: ...

    def choose(self, question: Any, choices: Any = (), **rules: Any) -> Any:
        """Shows a menu and waits for the choice made: picked, numbered, written in another case or nearly right.

        Args:
            question: what is asked, or a whole interactive message.
            choices: its entries, any number; long lists are paged where the contact shows interactive messages.

        Returns:
            The chosen `Choice`'s value; of an interactive message the title, the `TimeSlot` or the card picked.

        Raises: as `ask`, and DialogError for a menu without entries or with two alike.
        """
        return questions.choose(cast("Any", self), question, choices, rules)
