"""Where notices go: a file, an HTTP address, an SQS queue or SNS topics at any AWS-compatible endpoint.

Each sink has one thread with a bounded queue, so that notices keep their order and a slow destination never
slows a chat. Like the real thing it is best effort: what cannot be delivered is told to the timeline and dropped.
It must not know what a notice means.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from agent.emulator.happenings import BotWanted, ContactChanged, Happening, ItemPublished
from agent.emulator.items import encode
from agent.emulator.notices import Notice, contact_event, flow_event, sns_notification
from agent.emulator.timeline import Timeline

KINDS = ("contact-events", "flow-events", "stream")
LONGEST_QUEUE = 10_000
TRIES = 3
PATIENCE = 5.0  # seconds for one delivery, and at the end for what is still waiting


class BadSink(ValueError):
    """A sink that cannot be understood; the text says what one looks like."""


class Undelivered(Exception):
    """A destination did not take a notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """Which notices go where.

    `to` is ``file:PATH``, ``http(s)://…``, ``sqs+http(s)://HOST/ACCOUNT/QUEUE``, or for streamed items
    ``sns+http(s)://HOST``: each is published to the topic that its stream was started with.
    """

    kind: str
    to: str


def read_sink(text: str) -> Sink:
    """``KIND=DESTINATION``. Raises BadSink."""
    kind, _, to = text.partition("=")
    sink = Sink(kind=kind.strip(), to=to.strip())
    if sink.kind not in KINDS:
        raise BadSink(f"A sink is KIND=DESTINATION; the kinds are {', '.join(KINDS)}.")
    if isinstance(_door(sink.to), _Sns) and sink.kind != "stream":
        raise BadSink("sns+http(s)://HOST is for stream=: only streamed items name a topic.")
    return sink


class Door(Protocol):
    """One destination; `put` blocks until it has taken a notice."""

    def put(self, kind: str, body: str) -> None:
        """Raises Undelivered."""
        ...


def _door(to: str) -> Door:
    scheme = urlsplit(to).scheme
    if scheme == "file":
        return _File(Path(unquote(to.removeprefix("file:").removeprefix("//"))))
    if scheme in ("http", "https"):
        return _Http(to)
    if scheme in ("sqs+http", "sqs+https"):
        return _Sqs(to.removeprefix("sqs+"))
    if scheme in ("sns+http", "sns+https"):
        return _Sns(to.removeprefix("sns+"))
    raise BadSink("A destination is file:PATH, http(s)://…, sqs+http(s)://HOST/ACCOUNT/QUEUE or sns+http(s)://HOST.")


class _File:
    """JSON lines, appended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, kind: str, body: str) -> None:
        del kind
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(body + "\n")
        except OSError as error:
            raise Undelivered(str(error)) from error


class _Http:
    """POST, as SNS, EventBridge API destinations and Lambda's invocation address would."""

    def __init__(self, url: str) -> None:
        self._url = url

    def put(self, kind: str, body: str) -> None:
        headers = {"Content-Type": "application/json"}
        if kind == "stream":
            headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}
        request = urllib.request.Request(self._url, body.encode(), headers, method="POST")  # noqa: S310 - http(s) only
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE):  # noqa: S310 - http(s) only
                return
        except (urllib.error.URLError, OSError) as error:
            raise Undelivered(str(error)) from error


class _Sqs:
    """SendMessage to a queue; the endpoint is the queue URL's host."""

    def __init__(self, queue_url: str) -> None:
        parts = urlsplit(queue_url)
        self._queue_url = queue_url
        self._endpoint = f"{parts.scheme}://{parts.netloc}"
        self._client: Any = None

    def put(self, kind: str, body: str) -> None:
        del kind
        self._client = self._client or _client("sqs", self._endpoint)
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except (BotoCoreError, ClientError) as error:
            raise Undelivered(str(error)) from error


class _Sns:
    """Publish to the topic that the stream was started with, as Amazon Connect does [documented]."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def put(self, kind: str, body: str) -> None:
        del kind
        notification = json.loads(body)
        attributes = {
            name: {"DataType": each["Type"], "StringValue": each["Value"]}
            for name, each in notification["MessageAttributes"].items()
        }
        topic, message = notification["TopicArn"], notification["Message"]
        try:
            self._of(topic).publish(TopicArn=topic, Message=message, MessageAttributes=attributes)
        except (BotoCoreError, ClientError) as error:
            raise Undelivered(str(error)) from error

    def _of(self, topic: str) -> Any:
        region = topic.split(":")[3]
        if region not in self._clients:
            self._clients[region] = _client("sns", self._endpoint, region)
        return self._clients[region]


def _client(name: str, endpoint: str, region: str | None = None) -> Any:
    import botocore.session  # slow to import, and seldom wanted
    from botocore.config import Config

    session = botocore.session.get_session()
    region = region or session.get_config_variable("region") or "us-east-1"
    if session.get_credentials() is None:
        session.set_credentials("x", "x")  # an emulated endpoint verifies none
    config = Config(connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"max_attempts": 1})
    return session.create_client(name, region_name=region, endpoint_url=endpoint, config=config)


class _Courier:
    """One sink at work: a thread that takes notices in order."""

    def __init__(self, sink: Sink, failed: Callable[[Sink, str], None]) -> None:
        self.sink = sink
        self._failed = failed
        self._door = _door(sink.to)
        self._queue: queue.Queue[str | None] = queue.Queue(LONGEST_QUEUE)
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.kind}", daemon=True)
        self._thread.start()

    def send(self, notice: Notice) -> None:
        """Take a notice on its way; a full queue drops it."""
        try:
            self._queue.put_nowait(encode(notice))
        except queue.Full:
            self._failed(self.sink, "the queue is full")

    def close(self) -> None:
        """Deliver what is waiting, for a bounded time."""
        try:
            self._queue.put(None, timeout=PATIENCE)
        except queue.Full:
            return
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while (body := self._queue.get()) is not None:
            for attempt in range(1, TRIES + 1):
                try:
                    self._door.put(self.sink.kind, body)
                    break
                except Undelivered as error:
                    if attempt == TRIES:
                        self._failed(self.sink, str(error))


class Sinks:
    """All sinks of one emulator, as a listener of its region."""

    def __init__(self, sinks: Sequence[Sink], timeline: Timeline) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeline = timeline
        self._couriers = [_Courier(sink, self._failed) for sink in sinks]

    def __call__(self, happening: Happening) -> None:
        """Send what this happening gives rise to."""
        match happening:
            case ContactChanged():
                self._send("contact-events", contact_event(happening))
            case BotWanted():
                self._send("flow-events", flow_event(happening))
            case ItemPublished():
                for stream in happening.chat.streams.values():
                    self._send("stream", sns_notification(happening, stream))
            case _:
                return

    def close(self) -> None:
        """Deliver what is waiting; blocks, for a bounded time."""
        for courier in self._couriers:
            courier.close()

    def _send(self, kind: str, notice: Notice) -> None:
        for courier in self._couriers:
            if courier.sink.kind == kind:
                courier.send(notice)

    def _failed(self, sink: Sink, reason: str) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self._timeline.note("error", f"sink {sink.kind}", payload=reason))
