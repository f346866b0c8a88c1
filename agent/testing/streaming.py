"""Message streaming without SNS and SQS: what a region streams to a topic reaches the worker behind it.

The same notifications and the same switchboard as behind the real queue; only the way between is left out, and how each
copy of a notification fares on it is the caller's choice. It knows no session.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import anyio.lowlevel

from agent.daemon.switchboard import Switchboard
from agent.emulator import Region
from agent.emulator.contacts import Chat
from agent.emulator.happenings import Happening, ItemPublished
from agent.emulator.notices import sns_notification
from agent.errors import StreamingError
from agent.ids import ContactKey
from agent.wire.items import Item

_TOPIC = "arn:aws:sns:us-east-1:123456789012:chat-agent-{name}"


class InMemoryStreams:
    """A `StreamPort` of one worker.

    Attributes:
        failing: how many of the next wishes for the topic fail.
        deaf: whether whatever is published to the topic is lost.
    """

    def __init__(self, name: str) -> None:
        self.arn = _TOPIC.format(name=name)
        self.failing = 0
        self.deaf = False
        self.switchboard = Switchboard()

    async def topic(self) -> str:
        await anyio.lowlevel.checkpoint()
        if self.failing:
            self.failing -= 1
            raise StreamingError("SNS does not answer.")
        return self.arn

    @contextmanager
    def listen(self, key: ContactKey, *, heard: Callable[[Item], None], doubtful: Callable[[], None]) -> Iterator[None]:
        with self.switchboard.listen(key, heard=heard, doubtful=doubtful):
            yield

    def take(self, body: str) -> None:
        if not self.deaf:
            self.switchboard.take(body)


class InMemoryTopics:
    """All topics of a region; a worker that is not here any more leaves its topic to nobody.

    Attributes:
        copies: says for each notification how many of it arrive, and after how many seconds each.
    """

    def __init__(self, region: Region, *, copies: Callable[[], Sequence[float]] = lambda: (0.01,)) -> None:
        self.copies = copies
        self._region = region
        self._workers: dict[str, InMemoryStreams] = {}
        region.listeners.append(self._follow)

    def of(self, name: str) -> InMemoryStreams:
        """The streams of the worker of that name, as a process that has just started sees them."""
        streams = InMemoryStreams(name)
        self._workers[streams.arn] = streams
        return streams

    @property
    def workers(self) -> Sequence[InMemoryStreams]:
        """The streams of the workers that are here."""
        return tuple(self._workers.values())

    def clear(self) -> None:
        """No worker is here any more."""
        self._workers.clear()

    def _follow(self, happening: Happening) -> None:
        if isinstance(happening, ItemPublished):
            self._publish(happening)

    def publish(self, chat: Chat, text: str) -> None:
        """An item, as JSON, goes to the topics of `chat`, whatever the chat knows of it."""
        self._publish(ItemPublished(chat=chat, item=json.loads(text), text=text, sender=None))

    def _publish(self, happening: ItemPublished) -> None:
        for stream in happening.chat.streams.values():
            body = json.dumps(sns_notification(happening, stream))
            for delay in self.copies():
                self._region.after(delay, partial(self._deliver, stream.endpoint_arn, body))

    def _deliver(self, arn: str, body: str) -> None:
        if (streams := self._workers.get(arn)) is not None:
            streams.take(body)
