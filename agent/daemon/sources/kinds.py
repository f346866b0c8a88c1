"""From settings to an open source: local, sqs, http, or one that an installed package brings.

It opens and closes; what a source does is not known here. A kind's libraries are imported when it is chosen.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from random import SystemRandom
from typing import Protocol, TypeAlias

from agent import plugins
from agent.config import Configuration
from agent.daemon.room import Room
from agent.daemon.sources.local import LocalSource
from agent.daemon.sources.reading import Triggers
from agent.errors import InvalidSetting, TargetBroken, TargetNotFound
from agent.importing import did_you_mean
from agent.plugins import Group
from agent.ports import ContactSource
from agent.telemetry import Report

Opened: TypeAlias = AbstractAsyncContextManager[ContactSource]
Opening: TypeAlias = Callable[[Room, Report], Opened]


class SourceFactory(Protocol):
    """What an entry point of the group ``agent.sources`` leads to."""

    def __call__(self, options: Mapping[str, str], *, room: Room, report: Report) -> ContactSource | Opened:
        """A source; one that must be opened first is an async context manager of it.

        Args:
            options: the operator's `source.options`.
            room: how many chats fit in now.
            report: where to tell what happens.
        """
        ...


def source_of(settings: Configuration) -> Opening:
    """Opens the source that the settings name: before the worker runs, to be closed after it.

    Raises:
        InvalidSetting: they name none, or one without what it needs.
        TargetNotFound, TargetBroken: there is no such installed source, or it cannot be imported.
    """
    kind = settings.source.kind
    if kind is None:
        raise InvalidSetting(
            "source.kind",
            "no source of contacts is named; there is --source local, which follows a local Amazon Connect "
            "('chat-agent emulator') at --endpoint-url, --source sqs with --queue-url, and --source http. "
            "To serve one contact, use 'chat-agent join CONTACT_ID'.",
        )
    if own := _OWN.get(kind):
        return own(settings)
    return partial(_installed, kind, _factory(kind), settings.source.options)


def _local(settings: Configuration) -> Opening:
    url = settings.source.url or settings.connect.endpoint_url
    if url is None:
        raise InvalidSetting(
            "source.url", "the local source needs an address; give --endpoint-url http://127.0.0.1:4510."
        )
    return lambda room, report: _ready(LocalSource(url, random=SystemRandom(), report=report))


def _sqs(settings: Configuration) -> Opening:
    url = settings.source.queue_url
    if url is None:
        raise InvalidSetting(
            "source.queue_url",
            "the queue is not named; give --queue-url https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE.",
        )
    return partial(_on_queue, settings, url)


@asynccontextmanager
async def _on_queue(settings: Configuration, url: str, room: Room, report: Report) -> AsyncIterator[ContactSource]:
    from agent.aws.sqs import sqs_queue
    from agent.daemon.assembly import aws_settings
    from agent.daemon.sources.sqs import QueueSettings, SqsSource

    section = settings.source
    wanted = QueueSettings(wait=section.wait, hide=section.visibility, triggers=_triggers(settings))
    async with sqs_queue(aws_settings(settings.connect), url) as queue:
        yield SqsSource(queue, room, settings=wanted, random=SystemRandom(), report=report)


def _http(settings: Configuration) -> Opening:
    return partial(_on_port, settings)


@asynccontextmanager
async def _on_port(settings: Configuration, room: Room, report: Report) -> AsyncIterator[ContactSource]:
    from agent.aws.secrets import secrets_of
    from agent.clock import SystemClock
    from agent.daemon.assembly import aws_settings
    from agent.daemon.sources.http import HttpSettings, http_source
    from agent.daemon.sources.permit import Permit

    del room  # a full worker says so to whoever asks
    section = settings.source
    references = () if section.secret is None else (section.secret,)
    secrets = await secrets_of("source.secret", references, aws_settings(settings.connect))
    secret = secrets[0] if secrets else None
    wanted = HttpSettings(
        host=section.host,
        port=section.port,
        permit=Permit(secret=secret, window=section.replay_window),
        patience=section.patience,
        triggers=_triggers(settings),
    )
    async with http_source(wanted, clock=SystemClock(), report=report) as source:
        yield source


def _triggers(settings: Configuration) -> Triggers:
    section = settings.source
    return Triggers(events=frozenset(section.contact_events), not_by=frozenset(section.not_initiated_by))


_OWN: Mapping[str, Callable[[Configuration], Opening]] = {"http": _http, "local": _local, "sqs": _sqs}


# --------------------------------------------------------------------------------------- installed ones


def _installed(kind: str, factory: SourceFactory, options: Mapping[str, str], room: Room, report: Report) -> Opened:
    try:
        made = factory(options, room=room, report=report)
    except Exception as error:
        raise TargetBroken(f"The source {kind!r} cannot be made: {type(error).__name__}: {error}", "") from error
    if isinstance(made, AbstractAsyncContextManager):
        return made
    if not callable(getattr(made, "offers", None)):
        raise TargetBroken(f"The source {kind!r} is a {type(made).__name__}, which offers nothing.", "")
    return _ready(made)


def _factory(kind: str) -> SourceFactory:
    try:
        found: SourceFactory = plugins.load(Group.SOURCES, kind)
    except TargetNotFound as error:
        raise TargetNotFound(f"{error} Built in: {', '.join(_OWN)}. {did_you_mean(kind, _OWN)}".rstrip()) from None
    return found


@asynccontextmanager
async def _ready(source: ContactSource) -> AsyncIterator[ContactSource]:
    yield source
