"""The deadlines of all chats on one timer: each comes once, hardly late, and none keeps another from coming."""

import asyncio
import gc
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from random import Random

import anyio

from agent.session.deadlines import Deadline, Deadlines
from tests.session.hall import virtual

_chat = ContextVar("chat", default="none")


@virtual
async def test_each_comes_once_at_its_time_or_a_moment_later() -> None:
    """A thousand within ten seconds, set in any order, some by others: the loop has to wake up for many at once."""
    deadlines, loop, random = Deadlines(), asyncio.get_running_loop(), Random(7)
    late, woken = list[float](), set[float]()

    def set_one(within: float, again: int) -> None:
        due = loop.time() + within

        def act() -> None:
            late.append(loop.time() - due)
            woken.add(loop.time())
            if again:
                set_one(random.uniform(0, 10), again - 1)

        deadlines.at(due, act)

    for _ in range(500):
        set_one(random.uniform(0, 10), again=1)
    await anyio.sleep(30)
    assert len(late) == 1_000
    assert 0 <= min(late) <= max(late) <= 0.0501
    assert len(woken) < 400


@virtual
async def test_one_that_stands_alone_is_not_late() -> None:
    """Also where an earlier one was set after it."""
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    began, come = loop.time(), list[float]()
    for within in (3.0, 1.0, 2.0):
        deadlines.at(began + within, lambda: come.append(round(loop.time() - began, 6)))
    await anyio.sleep(5)
    assert come == [1.0, 2.0, 3.0]


@virtual
async def test_one_that_is_taken_back_calls_nobody_and_holds_nobody() -> None:
    """Whoever let go of a chat must not wait for its deadline to let go of it, too."""

    class Chat:
        def ring(self) -> None:
            come.append("rung")

    deadlines, loop, come = Deadlines(), asyncio.get_running_loop(), list[str]()
    chat = Chat()
    there = weakref.ref(chat)
    deadline = deadlines.at(loop.time() + 1, chat.ring)
    del chat
    gc.collect()
    assert there() is not None
    deadline.cancel()
    assert there() is None
    await anyio.sleep(2)
    assert come == []


@virtual
async def test_those_taken_back_are_not_kept_by_the_thousand() -> None:
    """Each turn of a slow bot takes back the end of its time, which was minutes away."""
    deadlines, loop, come = Deadlines(), asyncio.get_running_loop(), list[str]()
    deadlines.at(loop.time() + 120, lambda: come.append("kept"))
    before = _set_deadlines()
    for _ in range(5_000):
        deadlines.at(loop.time() + 60, lambda: come.append("taken back")).cancel()
    assert _set_deadlines() - before < 100
    await anyio.sleep(130)
    assert come == ["kept"]


def _set_deadlines() -> int:
    return sum(type(one) is Deadline for one in gc.get_objects())


@virtual
async def test_one_that_fails_keeps_no_other_from_coming() -> None:
    """The loop is told."""
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    told, come = list[object](), list[str]()
    loop.set_exception_handler(lambda _, context: told.append(context.get("exception")))
    deadlines.at(loop.time() + 1, lambda: come.append(1 // 0 * "never"))
    deadlines.at(loop.time() + 1, lambda: come.append("second"))
    deadlines.at(loop.time() + 2, lambda: come.append("third"))
    await anyio.sleep(3)
    assert come == ["second", "third"]
    assert [type(one) for one in told] == [ZeroDivisionError]


@virtual
async def test_it_comes_in_no_chats_context_and_may_use_anyio() -> None:
    """One timer serves all: whose context it was set in says nothing of whom it is for."""
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    seen = list[tuple[str, str]]()
    _chat.set("mine")

    async def show(name: str) -> None:
        seen.append((name, _chat.get()))

    async with anyio.create_task_group() as group:
        start: Callable[[], None] = lambda: group.start_soon(show, "come")  # noqa: E731
        deadlines.at(loop.time() + 1, start)
        await anyio.sleep(2)
    assert seen == [("come", "none")]
