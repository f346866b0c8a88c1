"""How the chats of a worker are heard, put together from the settings. It builds and joins; it decides nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from random import Random

from agent.aws.settings import AwsSettings
from agent.aws.streams import aws_mailboxes
from agent.clock import Clock
from agent.config import Configuration
from agent.daemon.leftovers import Leftovers
from agent.daemon.streaming import StreamingSettings, WorkerStreams
from agent.ids import InstanceId, WorkerId
from agent.ports import ContactStore, StreamPort
from agent.session.ways import Wanted, Ways
from agent.telemetry import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What sessions are given, and what has to be open while there are any."""

    streams: StreamPort
    ways: Ways
    serving: Callable[[], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def hearing(
    settings: Configuration,
    aws: AwsSettings,
    worker: WorkerId,
    *,
    store: ContactStore,
    clock: Clock,
    random: Random,
    report: Report,
) -> AsyncIterator[Hearing]:
    """The ways in that the settings allow. No topic is made, and nobody asked, before that is needed."""
    section = settings.streaming
    wanted = StreamingSettings(prefix=section.prefix, at_start=streaming_is_wanted(settings))
    async with aws_mailboxes(aws, endpoint_url=section.endpoint_url) as mailboxes:
        streams = WorkerStreams(mailboxes, worker, settings=wanted, clock=clock, random=random, report=report)
        leftovers = Leftovers(
            streams,
            mailboxes,
            store,
            prefix=section.prefix,
            after=section.leftovers_after,
            clock=clock,
            report=report,
        )
        yield Hearing(
            streams=streams,
            ways=ways_of(settings, report),
            serving=lambda: streams.serving(leftovers.keep_clear),
        )


def streaming_is_wanted(settings: Configuration) -> bool:
    """Whether chats are heard by message streaming, however instances turn out to be."""
    return settings.connect.ingress == "streaming" or bool(settings.connect.streaming_instances)


def ways_of(settings: Configuration, report: Report) -> Ways:
    """Which way is wanted for which instance."""
    section = settings.connect
    of: dict[InstanceId, Wanted] = dict.fromkeys(section.websocket_instances, "websocket")
    of |= dict.fromkeys(section.streaming_instances, "streaming")
    return Ways(section.ingress, of, report)
