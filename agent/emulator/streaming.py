"""Message streams of a contact: which SNS topics its items go to. Bookkeeping only; sinks do the sending.

This module must not know how a notification is built or sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.emulator.errors import InvalidInput, ServiceError

if TYPE_CHECKING:
    from agent.emulator.contacts import Chat

TOPIC = re.compile(r"arn:[\w-]+:sns:[\w-]*:\d{12}:[\w-]{1,256}")  # standard topics: no .fifo [documented]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One started stream."""

    id: str
    endpoint_arn: str


def check_topic(endpoint_arn: str) -> None:
    """Raises InvalidInput for anything but the ARN of a standard topic [documented]."""
    if not TOPIC.fullmatch(endpoint_arn):
        raise InvalidInput("StreamingEndpointArn is not the ARN of a standard SNS topic")


def start(chat: Chat, endpoint_arn: str) -> str:
    """Begin to stream to a topic. Raises InvalidInput for no standard topic, LimitExceeded beyond two."""
    check_topic(endpoint_arn)
    known = next((s.id for s in chat.streams.values() if s.endpoint_arn == endpoint_arn), None)
    if known is not None:
        return known
    if len(chat.streams) >= chat.region.settings.streaming_endpoints:
        raise ServiceError("LimitExceededException", "The contact already streams to as many topics as it may.")
    stream = Stream(id=chat.region.mint.uuid(), endpoint_arn=endpoint_arn)
    chat.streams[stream.id] = stream
    return stream.id
