"""Guard rails of one chat: what it may cost, how long a customer waits, and when two machines talk to each other.

Each guard ends in the same way: one sentence to the customer, and the chat is handed off, by an order that is kept in
the same write that ends the turn. What is counted over a whole chat stands in its record; the pace of a talk is this
worker's alone. It knows turns and times; it sends nothing.
"""

from agent.errors import BudgetSpent, CircuitOpen, StepFailed
from agent.record import ContactRecord
from agent.session.conversation import Trigger
from agent.session.lapse import lapse
from agent.session.orders import HandOff
from agent.session.rails import Alarm, GuardSettings
from agent.session.turn import Cause, LiveTurn
from agent.wire.content import Role


class Guards:
    """The guards of one chat."""

    def __init__(self, settings: GuardSettings) -> None:
        self.settings = settings
        self._quick = 0
        self._said_at = ""
        self._refused = False

    def allow(self, turn: LiveTurn, text: str) -> None:
        """
        Raises:
            BudgetSpent: saying `text` would be more than this chat may say.
        """
        limits, record = self.settings, turn.record
        messages, size = record.said_messages + turn.sends, record.said_bytes + turn.sent_bytes
        over = limits.max_messages is not None and messages >= limits.max_messages
        if over or (limits.max_bytes is not None and size + len(text.encode()) > limits.max_bytes):
            self._refused = True
            raise BudgetSpent("This chat's budget of messages is spent; the bot may say no more.")

    def alarm(self, turn: LiveTurn, record: ContactRecord, error: Exception | None, *, failing: bool) -> Alarm | None:
        """Why the chat must be handed off, now that `turn` has ended and `record` is to be committed, if it must.

        `failing`: the bot fails in other chats as well.
        """
        self._watch_pace(turn)
        if turn.cause.order is not None or turn.trigger is Trigger.LEFT:
            return None
        if self._refused or isinstance(error, BudgetSpent):
            return Alarm.SAID
        if turn.late:
            return Alarm.REPLY_LATE
        if error is not None and self._circuit_open(error):
            return Alarm.CIRCUIT
        if error is not None and failing:
            return Alarm.BOT_FAILING
        return self._too_many(record)

    def _too_many(self, record: ContactRecord) -> Alarm | None:
        limits = self.settings
        if limits.ping_pong_turns is not None and self._quick >= limits.ping_pong_turns:
            return Alarm.PING_PONG
        if limits.max_turns is not None and record.handled_turns >= limits.max_turns:
            return Alarm.TURNS
        return None

    def hands_off(self, error: Exception) -> bool:
        """Whether a turn that failed like this hands the chat off, so that the bot need not excuse itself."""
        return isinstance(error, BudgetSpent) or self._circuit_open(error)

    def order(self, alarm: Alarm, record: ContactRecord) -> HandOff:
        """What is to be done about `alarm`."""
        name = self.settings.hand_off_attribute
        attributes = {name: alarm.value} if name else {}
        order = f"guard-{alarm.value}-{record.join}-{record.handled_turns}"
        return HandOff(id=order, attributes=attributes, text=self.settings.hand_off_line)

    def watches(self, cause: Cause) -> bool:
        """Whether the customer's waiting for a reply to `cause` is watched."""
        wanted = self.settings.line_after is not None or self.settings.hand_off_after is not None
        return wanted and cause.trigger is Trigger.ITEMS and cause.order is None

    def _circuit_open(self, error: Exception) -> bool:
        in_step = isinstance(error, StepFailed) and error.error == CircuitOpen.__name__
        return self.settings.circuit_hand_off and (in_step or isinstance(error, CircuitOpen))

    def _watch_pace(self, turn: LiveTurn) -> None:
        """Another bot's message always counts; a customer's counts when it came after ours, sooner than a human's.

        One that was written before our last message is part of a burst, which humans write too: it tells nothing.
        """
        if self.settings.ping_pong_turns is None:
            return
        first = next(iter(turn.messages), None)
        if first is not None and first.sender.role == Role.CUSTOM_BOT:
            self._quick += 1
        elif first is not None and self._said_at and first.absolute_time >= self._said_at:
            pause = lapse(self._said_at, first.absolute_time)
            self._quick = self._quick + 1 if pause is not None and pause <= self.settings.ping_pong_pause else 0
        self._said_at = turn.said_at or self._said_at
