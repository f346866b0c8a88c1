"""``chat-agent chat``: the bot in the terminal, or at the end of a pipe."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import anyio
import typer

from agent.cli.customer import Customer
from agent.cli.lines import lines_of
from agent.cli.local import local_connect, worker_on
from agent.cli.running import FIRST_BOT, all_of, attended, bot_of, opened_log, work_until
from agent.cli.terminal import Terminal
from agent.cli.watching import WatchedBot, Watcher
from agent.config import Configuration
from agent.daemon.worker import Worker
from agent.errors import AccessDenied
from agent.ids import Secret
from agent.wire.content import Role
from agent.wire.items import Item, Message

_INPUT = 0
_FAREWELL = 5.0


def chat(settings: Configuration) -> None:
    """Talks until the input ends, the chat is over or it is stopped."""
    if sys.stdin.isatty():
        _talk(settings, _Interactive())
    else:
        _talk(settings, _Piped())


class _Piped:
    """Each line is a message, each answer a line; the next line is sent when the answer to the last is complete."""

    def heard(self, item: Item) -> None:
        """Nothing: what is printed is what the transcript holds."""

    async def converse(self, customer: Customer, watcher: Watcher) -> None:
        await watcher.greeted()
        await self._print(customer)
        async with aclosing(lines_of(_INPUT)) as lines:
            async for line in lines:
                if watcher.over:
                    return
                if line.strip():
                    await watcher.dealt_with(await customer.says(line))
                    await self._print(customer)

    async def _print(self, customer: Customer) -> None:
        async with aclosing(customer.news()) as news:
            async for item in news:
                if isinstance(item, Message) and item.sender.role == Role.CUSTOM_BOT:
                    typer.echo(item.text)


class _Interactive:
    """Whatever is said is shown when it is said."""

    def __init__(self) -> None:
        self._terminal = Terminal(sys.stdout)

    def heard(self, item: Item) -> None:
        self._terminal.show(item)

    async def converse(self, customer: Customer, watcher: Watcher) -> None:
        self._terminal.notice("Ctrl-D ends the chat.")
        self._terminal.prompt()
        async with aclosing(customer.news()) as before:
            async for item in before:
                self._terminal.show(item)
        async with aclosing(lines_of(_INPUT)) as lines:
            async for line in lines:
                if self._terminal.ended:
                    break
                if line.strip():
                    await customer.says(line)
                self._terminal.prompt()
        self._terminal.notice("")


def _talk(settings: Configuration, manner: _Piped | _Interactive) -> None:
    bot = bot_of(settings, default=FIRST_BOT)
    watcher = Watcher()
    report = all_of(opened_log(settings.logging, show_error_text=True), watcher)

    async def work(stop: anyio.Event) -> None:
        async with (
            local_connect() as connect,
            worker_on(connect, settings, bot, bot=WatchedBot(bot, watcher), report=report) as assembly,
            anyio.create_task_group() as group,
        ):
            token = Secret(connect.start_chat(name="You")["ParticipantToken"])
            customer = Customer(token, ports=assembly.ports, heard=manner.heard)
            group.start_soon(_serve, stop, assembly.worker, group.cancel_scope)
            await group.start(customer.run)
            await _unless(stop, lambda: _whole(customer, watcher, manner))
            stop.set()
            await anyio.sleep_forever()

    attended(work)


async def _serve(stop: anyio.Event, worker: Worker, everything: anyio.CancelScope) -> None:
    """When the worker has ended, so has everything else."""
    await work_until(stop, worker)
    everything.cancel()


async def _whole(customer: Customer, watcher: Watcher, manner: _Piped | _Interactive) -> None:
    """The conversation, and the customer's farewell."""
    try:
        await manner.converse(customer, watcher)
        await customer.leaves()
    except AccessDenied:  # the chat ended meanwhile
        return
    with anyio.move_on_after(_FAREWELL):
        await watcher.gone()


async def _unless(stop: anyio.Event, work: Callable[[], Awaitable[None]]) -> None:
    """Does `work`, but not beyond `stop`."""
    async with anyio.create_task_group() as group:
        group.start_soon(_cancel_when, stop, group.cancel_scope)
        await work()
        group.cancel_scope.cancel()


async def _cancel_when(stop: anyio.Event, scope: anyio.CancelScope) -> None:
    await stop.wait()
    scope.cancel()
