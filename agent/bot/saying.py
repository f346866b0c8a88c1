"""What may be said and shown, looked at before anything is: the mistake is named, not what follows from it."""

from collections.abc import Sequence

from agent.bot.wording import called
from agent.errors import InvalidMessage
from agent.wire.interactive import Template
from agent.wire.items import Message


def refuse_unsayable(texts: Sequence[object]) -> None:
    """Raises InvalidMessage: one of `texts` is no string, or has nothing visible in it."""
    if not texts:
        raise InvalidMessage("chat.say() needs a text.")
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise InvalidMessage(f"chat.say needs a string, not {called(text)}{_advice(text)}.")
        if not text.strip():
            which = "this one" if len(texts) == 1 else f"text {number}"
            raise InvalidMessage(f"chat.say needs visible text; {which} is empty.")


def refuse_unshowable(message: object) -> None:
    """Raises InvalidMessage: it is no interactive message."""
    if not isinstance(message, Template):
        raise InvalidMessage(
            f"chat.show needs an interactive message such as a Panel, not {called(message)}; chat.say says text."
        )


def _advice(given: object) -> str:
    if isinstance(given, Message):
        return "; say its .text"
    if isinstance(given, Template):
        return "; chat.show shows it"
    return "; say each of its texts: chat.say(*texts)" if isinstance(given, list | tuple) else ""
