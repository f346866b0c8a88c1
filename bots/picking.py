"""A menu that can be talked past: what the customer picks, or what they say instead.

``chat.choose`` asks again until it gets one of its choices. Here any other message ends the question, and the bot
decides what it means. It knows no particular menu.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent import Chat, Choice, Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """What the customer said instead of choosing."""

    text: str = field(repr=False)


class _Instead(Exception):
    def __init__(self, text: str) -> None:
        super().__init__("the customer said something else")
        self.text = text


async def pick(chat: Chat[Any, Any], question: str, choices: Sequence[Choice[T]], *, key: str) -> T | Said:
    """The value of the choice made, or what was said instead. `key` is the question's name in the journal.

    Raises:
        ConversationOver: the chat ends before there is an answer.
    """
    try:
        return await chat.choose(question, choices, tries=2, otherwise=_let_out, cancel=(), key=key)
    except _Instead as instead:
        return Said(instead.text)


async def _let_out(chat: Chat[Any, Any], message: Message) -> None:
    raise _Instead(message.text)


def plain(text: str) -> str:
    """`text` to be compared: without case, outer punctuation and repeated space."""
    return " ".join(text.casefold().split()).strip(" .,;:!?*\"'()")
