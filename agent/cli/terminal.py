"""A conversation on a terminal: what the others say above, what one types below. It knows items and no socket."""

from typing import TextIO

import typer

from agent.wire.content import EventType, Role
from agent.wire.items import Event, Item, Message

_PROMPT = "you> "
_CLEAR = "\r\x1b[K"


class Terminal:
    """Shows live items.

    Attributes:
        ended: the chat is over.
    """

    def __init__(self, output: TextIO) -> None:
        self.ended = False
        self._output = output
        self._shown: set[str] = set()

    def prompt(self) -> None:
        """Waits for the human to type."""
        self._write(_PROMPT)

    def show(self, item: Item) -> None:
        """Shows `item` if it is somebody else's and worth it; each once."""
        if item.sender.role == Role.CUSTOMER or item.id in self._shown:
            return
        self._shown.add(item.id)
        match item:
            case Message():
                self._show_message(item)
            case Event(content_type=EventType.TYPING):
                self._write(_CLEAR + typer.style(f"{_name(item)} is typing… ", dim=True))
            case Event(content_type=EventType.CHAT_ENDED):
                self.ended = True
            case _:
                return

    def notice(self, sentence: str) -> None:
        """Something that nobody on the chat said."""
        self._write(_CLEAR + typer.style(sentence, dim=True) + "\n")

    def _show_message(self, message: Message) -> None:
        if message.sender.role == Role.SYSTEM:
            self.notice(message.text)
        else:
            self._write(_CLEAR + typer.style(f"{_name(message)}: ", fg="cyan") + message.text + "\n")
        self.prompt()

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


def _name(item: Item) -> str:
    return item.sender.display_name or "bot"
