"""Builds one after another: who serves, how the one before takes leave, and what becomes of one that does not start."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from agent.cli.devloop.succession import Succession
from agent.daemon.supervisor import Goodbye
from agent.errors import BotError

BOUND = 30


class _Worker:
    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self._told = told
        self._stop = anyio.Event()

    def stop(self, goodbye: Goodbye) -> None:
        self._told.append(f"{self.name} ends: {goodbye}")
        self._stop.set()

    async def run(self, *, task_status: Any) -> None:
        if "fails" in self.name:
            raise BotError(self.name)
        task_status.started()
        if "crashes" in self.name:
            raise OSError
        await self._stop.wait()


class _Stage:
    def __init__(self) -> None:
        self.told: list[str] = []
        self._changed = anyio.Event()
        self.succession = Succession(self._opened, began=self._began, failed=self._failed)

    async def until(self, what: str) -> None:
        with anyio.fail_after(BOUND):
            while what not in self.told:
                await self._changed.wait()

    @asynccontextmanager
    async def _opened(self, bot: Any) -> AsyncIterator[Any]:
        yield SimpleNamespace(worker=_Worker(bot, self.told))

    async def _began(self, bot: Any) -> None:
        self._tell(f"{bot} serves")

    def _failed(self, error: Exception) -> None:
        self._tell(f"{error}!")

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self._changed.set()
        self._changed = anyio.Event()

    async def played(self, *scenes: Callable[[], Awaitable[None]]) -> list[str]:
        async with anyio.create_task_group() as group:
            group.start_soon(self.succession.run, "first")  # type: ignore[arg-type]
            for scene in scenes:
                await scene()
            self.succession.stop()
        return self.told

    def succeeds(self, bot: Any, until: str) -> Callable[[], Awaitable[None]]:
        async def scene() -> None:
            self.succession.succeed(bot)
            await self.until(until)

        return scene


async def test_the_one_before_releases_its_chats_and_the_last_one_leaves_them() -> None:
    """Customers notice nothing of a new build."""
    stage = _Stage()
    told = await stage.played(lambda: stage.until("first serves"), stage.succeeds("second", "second serves"))
    assert told == ["first serves", "first ends: release", "second serves", "second ends: leave"]


async def test_a_build_that_does_not_start_makes_way_for_the_last_one() -> None:
    """Which is not announced again, so that the trouble stays to be read."""
    stage = _Stage()
    told = await stage.played(
        lambda: stage.until("first serves"),
        stage.succeeds("fails", "fails!"),
        stage.succeeds("third", "third serves"),
    )
    assert told[:3] == ["first serves", "first ends: release", "fails!"]
    assert told[-2:] == ["third serves", "third ends: leave"]


async def test_a_first_build_that_does_not_start_is_the_end() -> None:
    """There is nobody else."""
    stage = _Stage()
    with pytest.raises(ExceptionGroup, match="unhandled"):
        await stage.succession.run("fails")  # type: ignore[arg-type]
    assert stage.told == []


async def test_a_worker_that_breaks_while_serving_is_the_end() -> None:
    """That is no fault of the author's."""
    stage = _Stage()
    with pytest.raises(ExceptionGroup):
        await stage.succession.run("crashes")  # type: ignore[arg-type]
