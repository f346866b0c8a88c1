"""The one door of the kit: a bot, a customer and all between them, in memory and in virtual time.

Between them stands what stands there in production, the session, the store and the protocol, over the local Amazon
Connect without its network. Nothing of the bot is replaced.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import anyio

from agent.bot.bot import Bot
from agent.clock import Clock, LoopClock
from agent.emulator import INSTANCE_ID, Operations, Region
from agent.emulator.driver import Driver
from agent.ids import ContactId, ContactKey, instance_id
from agent.record import ContactRecord
from agent.session.surroundings import SessionSettings
from agent.telemetry import Happening, Report, silent
from agent.testing.answered import ANSWERED
from agent.testing.leaping import leaping
from agent.testing.network import forbidden
from agent.testing.pace import Pace
from agent.testing.person import Customer
from agent.testing.worker import Worker
from agent.wire.content import ContentType

_CONTENT_TYPES = [ContentType.PLAIN, ContentType.MARKDOWN, ContentType.JSON]
_INTERACTIVE = [ContentType.INTERACTIVE, ContentType.INTERACTIVE_RESPONSE]


@asynccontextmanager
async def chatting(
    bot: Bot[Any, Any],
    *,
    attributes: Mapping[str, str] | None = None,
    name: str = "Customer",
    interactive: bool = True,
    network: bool = False,
    start: datetime | None = None,
    settings: SessionSettings | None = None,
    report: Report = silent,
) -> AsyncIterator[Customer]:
    """A customer whose chat `bot` has joined.

    Args:
        attributes: the contact's attributes.
        name: the customer's display name.
        interactive: whether the customer's client shows interactive messages.
        network: allow the real network, and be in real time while a turn of the bot has sockets open; it is forbidden
            otherwise.
        start: the moment at which it begins, aware: for bots that ask what time it is. Some day in 2026 by default.
        settings: how the session keeps the chat.
        report: hears what happens.

    Raises:
        RegistrationError: the bot cannot be served as written.
        RuntimeError: the running loop cannot live in virtual time.
        SessionBroke: the bot's session ended by an error.
        ValueError: `start` has no time zone.
    """
    pace = Pace()
    with leaping() as leap, leap.patiently(pace) if network else forbidden(), _strictly(bot, report) as hearers:
        clock = _beginning(start)
        async with (
            _region(clock) as operations,
            _lifespan(bot, pace),
            _worker(bot, operations, clock, settings, _Hearers([pace.hear, report])) as worker,
        ):
            hearers.append(worker.hear_bot)
            contact_id, token = _start_chat(operations, name, dict(attributes or {}), interactive)
            await worker.serve(_record(bot, contact_id, dict(attributes or {})))
            yield Customer(operations, contact_id, token, worker)


customer = chatting
"""The same door by its other name: ``async with customer(bot) as ana``."""


def _beginning(start: datetime | None) -> Clock:
    """A clock that follows the loop, from `start` on."""
    if start is None:
        return LoopClock()
    if start.tzinfo is None:
        raise ValueError("chatting(start=...) needs a time zone, such as datetime(2026, 3, 2, 9, tzinfo=UTC).")
    return LoopClock(start.astimezone(UTC) - timedelta(seconds=asyncio.get_running_loop().time()))


@asynccontextmanager
async def _worker(
    bot: Bot[Any, Any], operations: Operations, clock: Clock, settings: SessionSettings | None, report: Report
) -> AsyncIterator[Worker]:
    """A worker in a task group of its own; what the test raises comes out as it was, in no group."""
    raised: BaseException | None = None
    async with anyio.create_task_group() as group:
        worker = Worker(
            bot=bot,
            operations=operations,
            clock=clock,
            settings=settings or SessionSettings(),
            report=report,
            group=group,
        )
        try:
            yield worker
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as error:  # pytest's own are no Exceptions
            raised = error
        await worker.kill()
        group.cancel_scope.cancel()
    if raised is not None:
        raise raised
    worker.raise_broken()


@asynccontextmanager
async def _lifespan(bot: Bot[Any, Any], pace: Pace) -> AsyncIterator[None]:
    """What the bot opens and closes around its chat takes its time, too."""
    async with bot.lifespan():
        try:
            yield
        finally:
            pace.begin()


@contextmanager
def _strictly(bot: Bot[Any, Any], report: Report) -> Iterator[list[Report]]:
    """In a test, whatever could go wrong in a replay does. Yields who hears what the bot tells."""
    before = bot.strict, bot.report, bot.block_limit
    nested = isinstance(bot.report, _Hearers)
    hearers = _Hearers([bot.report if nested else ANSWERED.hear, report])
    bot.block_limit = None  # its thread knows real time only
    bot.strict, bot.report = True, hearers
    try:
        yield hearers
    finally:
        bot.strict, bot.report, bot.block_limit = before


class _Hearers(list[Report]):
    """A report to many: one bot may be in several chats of a test."""

    def __call__(self, happening: Happening) -> None:
        for hear in self:
            hear(happening)


@asynccontextmanager
async def _region(clock: Clock) -> AsyncIterator[Operations]:
    region = Region(clock=clock, random=Random(1))  # noqa: S311 - ids of a local double
    driver = Driver(region)
    async with AsyncExitStack() as stack:
        driver.start()
        stack.callback(driver.stop)
        yield Operations(region)


def _start_chat(operations: Operations, name: str, attributes: Mapping[str, str], interactive: bool) -> tuple[str, str]:
    started = operations.call(
        "StartChatContact",
        {
            "InstanceId": INSTANCE_ID,
            "ContactFlowId": "default",
            "ParticipantDetails": {"DisplayName": name},
            "Attributes": attributes,
            "SupportedMessagingContentTypes": [*_CONTENT_TYPES, *(_INTERACTIVE if interactive else [])],
        },
    )
    wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
    answer: Any = operations.call("CreateParticipantConnection", wanted, bearer=str(started["ParticipantToken"]))
    return str(started["ContactId"]), str(answer["ConnectionCredentials"]["ConnectionToken"])


def _record(bot: Bot[Any, Any], contact_id: str, attributes: dict[str, str]) -> ContactRecord:
    key = ContactKey(instance_id(INSTANCE_ID), ContactId(contact_id))
    return ContactRecord(key=key, bot=bot.name, display_name=bot.display_name, attributes=attributes)
