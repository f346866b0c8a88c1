"""The labels of metrics, each with a bounded set of values: whatever lies outside is counted as ``other``.

A label's value is a fixed word out of the code, or the name of a bot; never a contact, and never anybody's words.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent.errors import ConnectError, ConversationOver, InvalidMessage, JoinRefused
from agent.telemetry.happening import Happening

OTHER = "other"
MOST_BOTS = 20
"""So many bots have series of their own, the first that are met; a worker that serves more is a deployment to split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label.

    Attributes:
        of: its value for a happening; None is for the bot, which is known by the contact.
        values: those it may have besides ``other``; None is for the bot.
    """

    name: str
    of: Callable[[Happening], str] | None
    values: tuple[str, ...] | None


def snake(name: str) -> str:
    """``HumanTookOver`` as ``human_took_over``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def names_of(root: type[BaseException]) -> tuple[str, ...]:
    """The names of an error and of all that are special cases of it."""
    return tuple(sorted({snake(root.__name__), *(name for one in root.__subclasses__() for name in names_of(one))}))


def _field(name: str) -> Callable[[Happening], str]:
    return lambda happening: str(happening.fields.get(name, OTHER))


def _labelled(name: str, values: Iterable[str], of: Callable[[Happening], str] | None = None) -> Label:
    return Label(name=name, of=of or _field(name), values=tuple(sorted(values)))


def _error(happening: Happening) -> str:
    return snake(type(happening.error).__name__)


def _operation(happening: Happening) -> str:
    return happening.error.operation if isinstance(happening.error, ConnectError) else OTHER


def _join_result(happening: Happening) -> str:
    if happening.error is not None:
        return _error(happening)
    return "resumed" if happening.fields.get("resumed") else "joined"


def _ending(happening: Happening) -> str:
    return snake(str(happening.fields["why"])) if "why" in happening.fields else happening.name.rpartition(".")[2]


def _turn_outcome(happening: Happening) -> str:
    return str(happening.fields.get("outcome", "abandoned"))


def _send_result(happening: Happening) -> str:
    match happening.error:
        case None:
            return happening.name.rpartition(".")[2]
        case InvalidMessage():
            return "refused"
        case ConversationOver():
            return "over"
        case _:
            return "failed"


BOT = Label(name="bot", of=None, values=None)
OPERATION = _labelled(
    "operation",
    (
        "CreateParticipant",
        "CreateParticipantConnection",
        "SendMessage",
        "SendEvent",
        "GetTranscript",
        "DisconnectParticipant",
        "DescribeContact",
        "UpdateContactAttributes",
        "GetContactAttributes",
        "UpdateParticipantRoleConfig",
        "StopContact",
        "StartContactStreaming",
        "StopContactStreaming",
    ),
    _operation,
)
JOIN_RESULT = _labelled("result", ("joined", "resumed", *names_of(JoinRefused)), _join_result)
ENDING = _labelled("reason", ("drained", "given_up", "refused", *names_of(ConversationOver)), _ending)
ALARM = _labelled("alarm", ("turns_spent", "budget_spent", "ping_pong", "reply_late", "circuit_open", "bot_failing"))
PRESSURE = _labelled("why", ("memory", "loop lag"))
OFFER_REFUSAL = _labelled(
    "reason", ("refused", "unreadable", "not_permitted"), lambda happening: happening.name.rpartition(".")[2]
)
WAY = _labelled("way", ("live", "transcript"))
TRIGGER = _labelled("trigger", ("joined", "items", "timer", "left"))
OUTCOME = _labelled("outcome", ("done", "interrupted", "over", "failed", "timeout", "abandoned"), _turn_outcome)
SEND_RESULT = _labelled("result", ("accepted", "recognised", "refused", "failed", "over"), _send_result)
LINK_REASON = _labelled("reason", ("lost", "refreshing"), lambda happening: happening.name.rpartition(".")[2])
SKIP_REASON = _labelled("reason", ("ended", "other_channel", "other_event"))
CONNECT_ERROR = _labelled("error", names_of(ConnectError), _error)
STORE_CALL = _labelled("call", ("saved", "renewed"), lambda happening: happening.name.rpartition(".")[2])
