"""One participant websocket as the server sees it: text in, texts out, no socket anywhere.

The topic frames of Amazon Connect: subscribe, heartbeat, ping; anything else gets API Gateway's "Forbidden"
frame [client code]. Whoever owns the real socket passes received text in and is called back to deliver or to
close. It must not know HTTP, nor the rules of a chat.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agent.emulator.credentials import Ticket
from agent.emulator.errors import denied
from agent.emulator.faults import SocketFault
from agent.emulator.participants import Participant, Role
from agent.emulator.presence import bot_connected, customer_connected, without_websocket
from agent.emulator.timers import Timer

if TYPE_CHECKING:
    from agent.emulator.region import Region

CHAT_TOPIC = "aws/chat"
SUBSCRIBED = '{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}'
NOT_SUBSCRIBED = '{"topic":"aws/subscribe","content":{"status":"failure","topics":["aws/chat"]}}'
HEARTBEAT = '{"topic":"aws/heartbeat"}'
PING = '{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}'
PING_FAILED = '{"topic":"aws/ping","statusCode":500,"statusContent":"FAILED"}'


class Connection:
    """An accepted websocket. `deliver` sends one text, `on_close` closes with a code; both return at once."""

    __slots__ = ("_deliver", "_idle", "_lifetime", "_on_close", "_region", "closed", "heard", "id", "participant",
                 "subscribed")  # fmt: skip

    def __init__(
        self,
        region: Region,
        ticket: Ticket,
        *,
        deliver: Callable[[str], None],
        on_close: Callable[[int], None],
    ) -> None:
        self.id = region.mint.uuid()
        self.participant: Participant = ticket.participant
        self.subscribed = False
        self.closed = False
        self.heard = region.clock.time()
        self._region = region
        self._deliver = deliver
        self._on_close = on_close
        self._lifetime = region.timers.at(ticket.open_until, self._lifetime_over)
        self._idle: Timer | None = None
        self._watch_idleness()

    # --- from the socket -------------------------------------------------------------------------------
    def receive_text(self, text: str) -> None:
        """One text frame of the client; answers go out through `deliver`."""
        self.heard = self._region.clock.time()
        self._note("received", text)
        if len(text.encode("utf-8", "replace")) > self._region.settings.frame_limit:
            return self.close(self._region.settings.too_big_close_code)
        frame = _parse(text)
        topic = frame.get("topic") if frame is not None else None
        if topic in ("aws/heartbeat", "aws/ping"):
            return self._beat(topic)
        if topic == "aws/subscribe" and frame is not None:
            return self._subscribe(frame)
        return self._forbid()

    def receive_binary(self, payload: bytes) -> None:
        """A binary frame: API Gateway knows none, and closes [inferred]."""
        del payload
        self.close(self._region.settings.binary_close_code)

    def gone(self) -> None:
        """The socket is closed, by whomever. Harmless a second time."""
        if self.closed:
            return
        self.closed, self.subscribed = True, False
        self._lifetime.cancel()
        if self._idle is not None:
            self._idle.cancel()
        if self in self.participant.connections:
            self.participant.connections.remove(self)
        self._region.weather.closed(self.deliver)
        self._note_socket("closed")

    # --- to the socket ---------------------------------------------------------------------------------
    def send(self, text: str) -> None:
        """Send one frame, weather permitting."""
        self.heard = self._region.clock.time()
        if self._region.weather.calm:
            self._deliver(text)
        else:
            self._region.weather.frame(self.participant.id, text, self.deliver)
        self._region.timeline.note("frame", "sent", payload=text, participant_id=self.participant.id)

    def deliver(self, text: str) -> None:
        """Pass one text to the socket past all weather, if it is still open."""
        if not self.closed:
            self._deliver(text)

    def close(self, code: int) -> None:
        """Close the socket from the server's side. Harmless a second time."""
        if not self.closed:
            self._note_socket("closing", code)
            self.gone()
            self._on_close(code)

    # --- frames ----------------------------------------------------------------------------------------
    def _beat(self, topic: str) -> None:
        fault = None if self._region.weather.calm else self._region.weather.heartbeat(self.participant.id, topic)
        if topic == "aws/heartbeat":
            answer, failure = HEARTBEAT, None
        else:
            answer, failure = PING, PING_FAILED
        self._answer(fault, answer, failure)

    def _subscribe(self, frame: dict[str, Any]) -> None:
        content = frame.get("content")
        topics = content.get("topics") if isinstance(content, dict) else None
        if not isinstance(topics, list) or CHAT_TOPIC not in topics or self.participant.gone:
            return self.send(NOT_SUBSCRIBED)
        fault = None if self._region.weather.calm else self._region.weather.subscribe(self.participant.id)
        if fault is None or not (fault.ignore or fault.fail):
            self.subscribed = True
        self._answer(fault, SUBSCRIBED, NOT_SUBSCRIBED)
        if self.subscribed:
            self._connected()
        return None

    def _connected(self) -> None:
        if self.participant.role is Role.CUSTOMER:
            customer_connected(self.participant.chat)
        elif self.participant.role is Role.CUSTOM_BOT:
            bot_connected(self.participant)

    def _answer(self, fault: SocketFault | None, answer: str, failure: str | None) -> None:
        if fault is None:
            return self.send(answer)
        if fault.close_code is not None:
            return self.close(fault.close_code)
        text = failure if fault.fail else answer
        if fault.ignore or text is None:
            return None
        if fault.delay:
            return self._region.after(fault.delay, lambda: self.deliver(text))
        return self.send(text)

    def _forbid(self) -> None:
        request = self._region.mint.uuid()
        body = {"message": "Forbidden", "connectionId": self.id, "requestId": request}
        self.send(json.dumps(body, separators=(",", ":")))

    # --- deadlines -------------------------------------------------------------------------------------
    def _lifetime_over(self) -> None:
        if self._region.settings.closes_at_lifetime:
            self.close(self._region.settings.lifetime_close_code)

    def _watch_idleness(self) -> None:
        timeout, now = self._region.settings.socket_idle_timeout, self._region.clock.time()
        if timeout is None:
            return
        if self.heard + timeout <= now:
            self.close(self._region.settings.lifetime_close_code)
        else:
            self._idle = self._region.timers.at(self.heard + timeout, self._watch_idleness)

    def _note(self, name: str, text: str) -> None:
        self._region.timeline.note("frame", name, payload=text[:2000], participant_id=self.participant.id)

    def _note_socket(self, name: str, code: int | None = None) -> None:
        who = self.participant
        self._region.timeline.note("socket", name, status=code, participant_id=who.id, contact_id=who.chat.contact_id)


def _parse(text: str) -> dict[str, Any] | None:
    """The JSON object of a frame; the iOS client's stray ``)`` at the end is forgiven [client code]."""
    try:
        frame = json.loads(text.rstrip().removesuffix(")"))
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def dial(region: Region, key: str, *, deliver: Callable[[str], None], on_close: Callable[[int], None]) -> Connection:
    """Open a connection with the secret of a websocket URL. Raises AccessDenied when it does not work (any
    more), or when the participant has all the sockets it may have."""
    ticket = region.credentials.of_ticket(key)
    participant = ticket.participant
    if without_websocket(participant):
        raise denied("This participant gets no websocket")
    make_room(participant)
    ticket.used = True
    connection = Connection(region, ticket, deliver=deliver, on_close=on_close)
    participant.connections.append(connection)
    region.timeline.note("socket", "opened", participant_id=participant.id)
    return connection


def make_room(participant: Participant) -> None:
    """Let one more socket in, closing the oldest if that is the rule. Raises AccessDenied otherwise."""
    settings = participant.chat.region.settings
    while len(participant.connections) >= settings.sockets_per_participant:
        if settings.sixth_socket == "refuse":
            raise denied("Too many connections")
        participant.connections[0].close(settings.lifetime_close_code)
