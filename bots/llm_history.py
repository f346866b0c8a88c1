"""What a model is told of the chat so far: the newest lines of the transcript that fit into a budget of tokens.

A token is taken for four bytes of UTF-8, and four more for each line: about right for English, too many for most other
languages, and the same for every provider. Pure; it knows no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent import Item, Message, Role

_BEGIN = "(The chat begins.)"


@dataclass(frozen=True, slots=True)
class Line:
    """What one side said at a time; `mine` is the bot's."""

    mine: bool
    text: str


def tokens(text: str) -> int:
    """About how many tokens `text` has."""
    return len(text.encode()) // 4 + 4


def told(items: Sequence[Item], current: Message, said: str, budget: int) -> list[Line]:
    """The lines before the message `current`, oldest first; the first is the customer's.

    Of what was written while the bot was busy, the customer's later messages are left out, each has a turn of its own;
    so is what the bot has already `said` in answer to this one.
    """
    talk = [item for item in items if isinstance(item, Message) and item.text.strip()]
    at = next((number for number, item in enumerate(talk) if item.id == current.id), len(talk))
    lines = [
        Line(item.sender.role == Role.CUSTOM_BOT, item.text)
        for number, item in enumerate(talk)
        if item.sender.role == Role.CUSTOM_BOT or (item.sender.role == Role.CUSTOMER and number < at)
    ]
    return _opened(_joined(_newest(_without(lines, said), budget - tokens(current.text))))


def _without(lines: list[Line], said: str) -> list[Line]:
    kept, gone = list(lines), _squeezed(said)
    while kept and kept[-1].mine and _squeezed(kept[-1].text) in gone:
        kept.pop()
    return kept


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _newest(lines: list[Line], budget: int) -> list[Line]:
    kept: list[Line] = []
    for line in reversed(lines):
        if (budget := budget - tokens(line.text)) < 0:
            break
        kept.append(line)
    return kept[::-1]


def _joined(lines: list[Line]) -> list[Line]:
    """Sides alternate: some providers insist on it."""
    joined: list[Line] = []
    for line in lines:
        if joined and joined[-1].mine == line.mine:
            joined[-1] = Line(line.mine, f"{joined[-1].text}\n{line.text}")
        else:
            joined.append(line)
    return joined


def _opened(lines: list[Line]) -> list[Line]:
    """The customer's side comes first: some providers insist on that, too."""
    return [Line(False, _BEGIN), *lines] if lines and lines[0].mine else lines
