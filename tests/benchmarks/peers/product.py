"""This project, whole: worker, sessions, inbox, turns, outbox and store, as ``chat-agent run`` puts them together.

Only the budget is off, as for every peer, and nobody logs or counts. Options: ``sqlite`` or ``dynamodb`` instead of the
memory store, ``prompt`` for no reorder window, ``asyncio`` for no uvloop.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from agent import Bot, Chat, Message
from agent.cli.running import on_loop
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.assembly import assembled
from agent.daemon.collecting import Collecting
from agent.daemon.sources import Unacknowledged
from agent.ids import ContactId, ContactKey, instance_id
from agent.ports import Claimable, Offer
from agent.telemetry import Happening
from agent.telemetry.logging import describe
from tests.benchmarks.peers.starting import INSTANCE, Task, task

bot = Bot("echo", display_name="Echo")


@bot.on_message()
async def echo(chat: Chat, message: Message) -> None:
    """Says the same."""
    await chat.say(message.text)


class AllAtOnce:
    """A `ContactSource` of contacts that all wait already."""

    def __init__(self, contacts: list[str]) -> None:
        self._contacts = contacts

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        """The stream."""
        yield self._offers()

    async def _offers(self) -> AsyncIterator[Claimable]:
        for contact in self._contacts:
            yield Unacknowledged(offer=Offer(key=ContactKey(instance_id(INSTANCE), ContactId(contact))))
        await anyio.sleep_forever()


async def serve(work: Task) -> None:
    """Serves the contacts until it is stopped."""
    settings = Configuration(
        connect={"endpoint_url": work.url, "instance": INSTANCE},
        pacing={"enabled": False},
        worker={"max_chats": len(work.contacts)},
        store=stored(work),
        guards={"ping_pong_turns": None, "max_turns": None, "max_messages": None},  # the customers are programs
        session={"reorder_window": 0.0} if "prompt" in work.options else {},
    )
    collecting = Collecting(clock=SystemClock(), report=complain)

    def report(happening: Happening) -> None:
        collecting(happening)
        complain(happening)

    async with (
        assembled(settings, bot, bot, source=AllAtOnce(work.contacts), report=report) as assembly,
        anyio.create_task_group() as group,
    ):
        group.start_soon(collecting.watch)
        await assembly.worker.run()
        group.cancel_scope.cancel()


def stored(work: Task) -> dict[str, Any]:
    """Where records are kept; the environment says where a file or a table may be."""
    if "dynamodb" in work.options:
        url, table = os.environ["BENCH_DYNAMODB"].split()
        return {"kind": "dynamodb", "table": table, "endpoint_url": url, "patience": 60.0, "call_timeout": 60.0}
    if "sqlite" in work.options:
        return {"kind": "sqlite", "path": Path(os.environ["BENCH_FOLDER"], "contacts.db")}
    return {"kind": "memory"}


def complain(happening: Happening) -> None:
    """What goes wrong is seen."""
    if happening.level >= 30 and happening.name != "link.lost":
        print(happening.name, happening.fields, happening.error and describe(happening.error), file=sys.stderr)


if __name__ == "__main__":
    given = task()
    if "asyncio" in given.options:
        asyncio.run(serve(given))
    else:
        on_loop(lambda: serve(given))
