"""Builds of a bot, one after another: each has a worker of its own, and takes over the chats of the one before.

A build that does not start makes way for the last one that did. It knows no file and no page.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import anyio

from agent.cli.exits import unwrapped
from agent.daemon.assembly import Assembly
from agent.daemon.rostering import ServedBot
from agent.daemon.supervisor import Goodbye
from agent.daemon.worker import Worker


class Succession:
    """Who serves now, and who is next. Runs once.

    Args:
        opened: a worker for a build, over a store that outlives it.
        began: told when a build serves.
        failed: told why one did not start.
    """

    def __init__(
        self,
        opened: Callable[[ServedBot], AbstractAsyncContextManager[Assembly]],
        *,
        began: Callable[[ServedBot], Awaitable[None]],
        failed: Callable[[Exception], None],
    ) -> None:
        self._opened = opened
        self._began = began
        self._failed = failed
        self._worker: Worker | None = None
        self._next: ServedBot | None = None
        self._last: ServedBot | None = None
        self._stopped = False
        self._word = anyio.Event()

    def succeed(self, bot: ServedBot) -> None:
        """`bot` serves next: the running turns end, and the chats are released without leaving them."""
        self._next = bot
        self._pass_on()

    def stop(self) -> None:
        """The running turns end, and the bot leaves its chats."""
        self._stopped = True
        self._pass_on()

    async def run(self, first: ServedBot) -> None:
        """Serves until `stop`.

        Raises:
            Exception: `first` did not start, or a worker failed that had been serving.
        """
        self._next = first
        while not self._stopped:
            if (bot := self._next) is None:
                await self._word.wait()
                continue
            self._next = None
            await self._serve(bot)

    async def _serve(self, bot: ServedBot) -> None:
        started = False
        try:
            async with self._opened(bot) as assembly, anyio.create_task_group() as group:
                self._worker = assembly.worker
                await group.start(assembly.worker.run)
                started, known = True, bot is self._last
                self._last = bot
                self._pass_on()
                if not known:
                    await self._began(bot)
        except Exception as error:  # what a lifespan raises is the author's; all else goes on its way
            if started or self._last is None:
                raise
            self._failed(error if not isinstance(error, ExceptionGroup) else _first(error))
            self._next = self._next or (self._last if bot is not self._last else None)
        finally:
            self._worker = None

    def _pass_on(self) -> None:
        self._word.set()
        self._word = anyio.Event()
        if self._worker is not None and self._stopped:
            self._worker.stop(Goodbye.LEAVE)
        elif self._worker is not None and self._next is not None:
            self._worker.stop(Goodbye.RELEASE)


def _first(error: ExceptionGroup[Exception]) -> Exception:
    found = unwrapped(error)
    return found if isinstance(found, Exception) else error
