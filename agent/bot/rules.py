"""The rules of a question: how often, how long, what else is said. Looked at before anything is asked.

A rule that is none, or of the wrong kind, is refused in a sentence. It knows no run and no chat.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from agent.bot import durable
from agent.bot.duration import Duration, seconds
from agent.bot.wording import called
from agent.errors import DialogError
from agent.wire.items import Message

if TYPE_CHECKING:
    from agent.bot.chat import Chat

Otherwise: TypeAlias = str | Callable[["Chat[Any, Any]", Message], Awaitable[None]] | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
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


_ASK_ONLY = {"kind", "check"}
_NEEDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "check": (callable, "a function of the answer"),
    "hint": (lambda given: isinstance(given, str), "a string"),
    "otherwise": (
        lambda given: isinstance(given, str) or callable(given),
        "a string, or a function of chat and message",
    ),
    "key": (lambda given: isinstance(given, str), "a string"),
}


def rules(verb: str, given: Mapping[str, Any]) -> Rules:
    """The rules that were given to `verb`.

    Raises:
        DialogError: one is unknown, or cannot be what it has to be.
        BotError: the timeout is no duration.
    """
    _refuse_unknown(verb, given)
    found = Rules(**given)
    for name, (fits, what) in _NEEDS.items():
        one = getattr(found, name)
        if one is not None and not fits(one):
            raise DialogError(f"{verb}({name}=...) must be {what}, not {called(one)}.")
    _refuse_tries(verb, found.tries)
    _refuse_cancel(verb, found.cancel)
    if found.timeout is not None:
        seconds(found.timeout)
    return found


def key_of(verb: str, given: Rules) -> str | None:
    """The key that the journal will know the question by, if one was given. Raises DialogError."""
    return durable.text(verb, "key", given.key) if given.key else None


def _refuse_unknown(verb: str, given: Mapping[str, Any]) -> None:
    known = [field.name for field in fields(Rules) if verb == "chat.ask" or field.name not in _ASK_ONLY]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1) or [one for one in known if one in name]
            hint = f"did you mean {near[0]}=?" if near else f"it takes {', '.join(f'{one}=' for one in known)}."
            raise DialogError(f"{verb} takes no {name}=; {hint}")


def _refuse_tries(verb: str, tries: Any) -> None:
    if not durable.number(tries):
        raise DialogError(f"{verb}(tries=...) must be a whole number, not {called(tries)}.")
    if tries < 1:
        raise DialogError(f"{verb}(tries={tries!r}): a question needs at least one try.")


def _refuse_cancel(verb: str, cancel: Any) -> None:
    if isinstance(cancel, str):
        raise DialogError(f"{verb}(cancel={cancel!r}) takes several words; write [{cancel!r}].")
    if cancel is not None and not isinstance(cancel, Iterable):
        raise DialogError(f"{verb}(cancel=...) takes several words, not {called(cancel)}.")
    for word in cancel or ():
        if not isinstance(word, str):
            raise DialogError(f"{verb}(cancel=...) takes words, not {called(word)}.")
