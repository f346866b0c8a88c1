"""The settings of one chat's guard rails: what it may cost, how long a customer may wait. Pure; nothing here acts."""

from dataclasses import dataclass
from enum import StrEnum


class Alarm(StrEnum):
    """Which guard it was."""

    TURNS = "turns_spent"
    SAID = "budget_spent"
    PING_PONG = "ping_pong"
    REPLY_LATE = "reply_late"
    CIRCUIT = "circuit_open"
    BOT_FAILING = "bot_failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """What one chat may do. None switches a guard off.

    Attributes:
        max_turns: turns about the customer's messages and everything else, over the whole chat.
        max_messages: messages that the bot sends over the whole chat.
        max_bytes: the same in bytes of UTF-8.
        ping_pong_turns: so many messages in a row, each sooner after the bot's last one than a human answers, are
            another machine's.
        ping_pong_pause: how soon that is, in seconds by Amazon Connect's own times.
        line_after: seconds of a turn without a reply after which `waiting_line` is said.
        hand_off_after: seconds of a turn without a reply after which the turn ends and the chat is handed off.
        waiting_line: "" says nothing.
        hand_off_line: what is said whenever a guard hands a chat off; "" says nothing.
        hand_off_attribute: the contact attribute that tells the flow which guard it was; "" writes none.
        circuit_hand_off: whether a turn that fails because a circuit is open hands the chat off.
    """

    max_turns: int | None = None
    max_messages: int | None = None
    max_bytes: int | None = None
    ping_pong_turns: int | None = None
    ping_pong_pause: float = 2.0
    line_after: float | None = None
    hand_off_after: float | None = None
    waiting_line: str = "I am still working on it."
    hand_off_line: str = "I am passing you on to a colleague."
    hand_off_attribute: str = ""
    circuit_hand_off: bool = True
