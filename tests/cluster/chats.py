"""What is left of one chat when it is over, as plain values. Nothing here judges it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A message in the transcript; `at` is Connect's own time, in seconds."""

    id: str
    by_bot: bool
    text: str
    at: float

    @classmethod
    def read(cls, raw: dict[str, Any]) -> "Item":
        """A message as GetTranscript shows it."""
        return cls(
            id=raw["Id"],
            by_bot=raw["ParticipantRole"] == "CUSTOM_BOT",
            text=raw["Content"],
            at=datetime.fromisoformat(raw["AbsoluteTime"]).timestamp(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One chat from its customer's side.

    Attributes:
        sent: the customer's messages, in the order of sending.
        heard: the ids of the messages that came by the customer's websocket, its own included.
        items: the transcript's messages, of the customer and the bot.
    """

    contact: str
    sent: tuple[str, ...]
    heard: tuple[str, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker became a contact's owner, as its log says."""

    contact: str
    worker: str
    epoch: int
