"""Python's collector looks through everything every few minutes, at a moment without a turn, and not by itself."""

import gc
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeAlias

import anyio
import pytest

from agent.clock import Clock, LoopClock
from agent.daemon.collecting import Collecting
from agent.telemetry import Happening

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
SERVING, BEGAN, COMMITTED, ABANDONED = (
    Happening(name=name) for name in ("worker.serving", "turn.began", "turn.committed", "turn.abandoned")
)


class Circle:
    """What only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


class Slow(LoopClock):
    """Each look at it is a second later."""

    looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return float(self.looks)


def _circles() -> int:
    return sum(type(one) is Circle for one in gc.get_objects())


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def _watched(
    virtually: Virtually,
    story: Callable[[Collecting, list[Happening]], Coroutine[Any, Any, None]],
    clock: Clock | None = None,
) -> None:
    async def told() -> None:
        happenings: list[Happening] = []
        collecting = Collecting(clock=clock or LoopClock(), report=happenings.append)
        async with anyio.create_task_group() as group:
            group.start_soon(collecting.watch)
            await story(collecting, happenings)
            group.cancel_scope.cancel()

    virtually(told())


def test_circles_of_a_bot_are_gone_in_a_few_minutes(virtually: Virtually) -> None:
    """And it is told what was found."""

    async def story(collecting: Collecting, told: list[Happening]) -> None:
        collecting(SERVING)
        await anyio.sleep(1)
        gc.disable()
        Circle()
        await anyio.sleep(298)
        assert (_circles(), told) == (1, [])
        await anyio.sleep(2)
        assert _circles() == 0
        assert [one.name for one in told] == ["memory.collected"]
        assert int(told[0].fields["found"]) >= 1
        gc.enable()

    _watched(virtually, story)


@pytest.mark.parametrize("end", [COMMITTED, ABANDONED])
def test_it_waits_for_a_moment_without_a_turn(virtually: Virtually, end: Happening) -> None:
    """Nobody waits for an answer then."""

    async def story(collecting: Collecting, told: list[Happening]) -> None:
        collecting(SERVING)
        collecting(BEGAN)
        await anyio.sleep(320)
        assert told == []
        collecting(end)
        await anyio.sleep(1)
        assert len(told) == 1

    _watched(virtually, story)


def test_it_does_not_wait_for_ever(virtually: Virtually) -> None:
    """Where bots ask a slow backend there may be no such moment."""

    async def story(collecting: Collecting, told: list[Happening]) -> None:
        collecting(SERVING)
        collecting(BEGAN)
        await anyio.sleep(331)
        assert len(told) == 1

    _watched(virtually, story)


def test_where_it_takes_long_it_comes_more_rarely(virtually: Virtually) -> None:
    """A thousandth of the time is what thousands of chats may wait for it."""

    async def story(collecting: Collecting, told: list[Happening]) -> None:
        collecting(SERVING)
        await anyio.sleep(310)
        assert [one.fields["seconds"] for one in told] == [1.0]
        await anyio.sleep(980)
        assert len(told) == 1
        await anyio.sleep(20)
        assert len(told) == 2

    _watched(virtually, story, clock=Slow())


def test_what_was_built_before_the_first_chat_is_not_looked_at(virtually: Virtually) -> None:
    """It stays for as long as the process; and Python's own looks at what is not so young become rare."""

    async def story(collecting: Collecting, told: list[Happening]) -> None:
        before = gc.get_threshold()
        await anyio.sleep(1)
        assert gc.get_freeze_count() == 0
        collecting(SERVING)
        await anyio.sleep(1)
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == before[0]
        assert gc.get_threshold()[1] > before[1]

    _watched(virtually, story)
