"""A stage for the emulator's tests: the pure region under a clock moved by hand, and the parties on a chat."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from agent.emulator import INSTANCE_ID, Desk, Emulator, Operations, Region, ServiceError, Settings, emulate
from agent.emulator.connection import Connection, dial

SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
Params = dict[str, Any]


class HandClock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Socket:
    """An in-memory websocket: what came down it, and with which code it was closed."""

    frames: list[str] = field(default_factory=list)
    closed: int | None = None
    connection: Connection = field(init=False)

    def send(self, text: str) -> None:
        self.connection.receive_text(text)

    def close(self, code: int) -> None:
        self.closed = code

    @property
    def items(self) -> list[Params]:
        """The chat items among the frames."""
        frames = [json.loads(frame) for frame in self.frames]
        return [json.loads(frame["content"]) for frame in frames if frame.get("topic") == "aws/chat"]

    @property
    def words(self) -> list[str]:
        """Each item in a word or two: its content, or the end of its content type."""
        return [short(item) for item in self.items]

    @property
    def topics(self) -> list[Any]:
        """The topic of each frame; None where a frame has none."""
        return [json.loads(frame).get("topic") for frame in self.frames]


def short(item: Params) -> str:
    """An item's content, or the last part of its content type."""
    return str(item.get("Content") or item.get("ContentType", item["Type"]).rsplit(".event.", 1)[-1])


@dataclass
class Party:
    """One participant as its client sees the chat."""

    stage: Stage
    contact_id: str
    id: str
    participant_token: str
    token: str = ""
    socket: Socket = field(default_factory=Socket)

    def connect(self, *, explicitly: bool = False, socket: bool = True, subscribe: bool = True) -> Party:
        """CreateParticipantConnection, dial, subscribe."""
        kinds = ["WEBSOCKET", "CONNECTION_CREDENTIALS"] if socket else ["CONNECTION_CREDENTIALS"]
        params = {"Type": kinds} | ({"ConnectParticipant": True} if explicitly else {})
        answer = self.stage.call("CreateParticipantConnection", params, self.participant_token)
        self.token = answer["ConnectionCredentials"]["ConnectionToken"]
        if socket:
            self.socket = self.stage.dial(answer["Websocket"]["Url"])
            if subscribe:
                self.socket.send(SUBSCRIBE)
        return self

    def url(self) -> str:
        """A new websocket URL."""
        answer = self.stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, self.participant_token)
        return str(answer["Websocket"]["Url"])

    def call(self, operation: str, **params: Any) -> Params:
        """An operation with this participant's connection token."""
        return self.stage.call(operation, params, self.token)

    def says(self, text: str, content_type: str = "text/plain", **more: Any) -> Params:
        """SendMessage."""
        return self.call("SendMessage", ContentType=content_type, Content=text, **more)

    def types(self) -> Params:
        """SendEvent, typing."""
        return self.call("SendEvent", ContentType="application/vnd.amazonaws.connect.event.typing")

    def receipt(self, kind: str, message_id: str) -> Params:
        """SendEvent, a receipt."""
        content = json.dumps({"messageId": message_id})
        content_type = f"application/vnd.amazonaws.connect.event.message.{kind}"
        return self.call("SendEvent", ContentType=content_type, Content=content)

    def leaves(self) -> Params:
        """DisconnectParticipant."""
        return self.call("DisconnectParticipant")

    def reads(self, **params: Any) -> list[str]:
        """One transcript page, in words."""
        return [short(item) for item in self.call("GetTranscript", **params)["Transcript"]]

    def reads_all(self) -> list[str]:
        """The newest hundred items in the order of time, in words."""
        return self.reads(MaxResults=100, SortOrder="ASCENDING")


class Stage:
    """A region, time in hand, and short ways to put people on it."""

    def __init__(self, **settings: Any) -> None:
        self.clock = HandClock()
        chosen = Settings(**{"seed": 7, "validate_answers": True, **settings})
        self.region = Region(settings=chosen, clock=self.clock, random=Random(7))
        self.operations = Operations(self.region)
        self.desk = Desk(self.region)

    def call(self, operation: str, params: Params, bearer: str | None = None) -> Params:
        """Any operation."""
        return self.operations.call(operation, params, bearer=bearer)

    def passes(self, seconds: float) -> None:
        """Let time pass, deadline by deadline."""
        end = self.clock.seconds + seconds
        offset = self.region.clock.time() - self.clock.seconds
        while (deadline := self.region.next_deadline()) is not None and deadline - offset <= end:
            self.clock.seconds = max(self.clock.seconds, deadline - offset)
            self.region.advance(deadline)
        self.clock.seconds = end

    def dial(self, url: str) -> Socket:
        """Open a websocket URL."""
        socket = Socket()
        key = url.split("X-Amz-Connection=")[1]
        socket.connection = dial(self.region, key, deliver=socket.frames.append, on_close=socket.close)
        return socket

    def customer(self, flow: str = "default", *, connect: bool = True, **more: Any) -> Party:
        """StartChatContact and, by default, a connected customer."""
        params = {"InstanceId": INSTANCE_ID, "ContactFlowId": flow, "ParticipantDetails": {"DisplayName": "Ana"}}
        answer = self.call("StartChatContact", params | more)
        party = Party(self, answer["ContactId"], answer["ParticipantId"], answer["ParticipantToken"])
        return party.connect() if connect else party

    def bot(self, contact_id: str, *, connect: bool = True, **more: Any) -> Party:
        """CreateParticipant and, by default, a connected bot."""
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}
        params = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, "ParticipantDetails": details}
        answer = self.call("CreateParticipant", params | more)
        token = answer["ParticipantCredentials"]["ParticipantToken"]
        party = Party(self, contact_id, answer["ParticipantId"], token)
        return party.connect(explicitly=True) if connect else party

    def refused(self, code: str, call: Callable[[], object]) -> ServiceError:
        """`call` must be refused with this code."""
        with pytest.raises(ServiceError) as caught:
            call()
        assert caught.value.code == code
        return caught.value


@pytest.fixture
def stage() -> Stage:
    """An emulator in memory with default settings."""
    return Stage()


@pytest.fixture
def build() -> type[Stage]:
    """Makes a stage with other settings."""
    return Stage


@pytest.fixture
async def connect() -> AsyncIterator[Emulator]:
    """A running emulator whose answers are checked against AWS's model."""
    async with emulate(settings=Settings(validate_answers=True)) as emulator:
        yield emulator
