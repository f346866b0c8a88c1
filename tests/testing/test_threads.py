"""Virtual time stands still while a thread works, and only then."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.to_thread
import pytest

from agent import Bot, Chat, Message
from agent.testing import EverybodyWaits, VirtualLoop, chatting, run_virtually, virtual

LONG = 5.0
"""Seconds after which a thread that waits in vain gives up."""

Way = Callable[[Callable[[], bool]], Awaitable[bool]]


async def _by_asyncio(work: Callable[[], bool]) -> bool:
    return await asyncio.to_thread(work)


async def _by_the_loop(work: Callable[[], bool]) -> bool:
    with ThreadPoolExecutor() as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


async def _by_anyio(work: Callable[[], bool]) -> bool:
    return await anyio.to_thread.run_sync(work)


async def _by_anyio_with_a_limit(work: Callable[[], bool]) -> bool:
    return await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))


ways = pytest.mark.parametrize("way", [_by_asyncio, _by_the_loop, _by_anyio, _by_anyio_with_a_limit])


def _asking(way: Way, waits: threading.Event) -> Bot:
    bot = Bot("asking")

    @bot.on_message()
    async def ask(chat: Chat, message: Message) -> None:
        began = anyio.current_time()
        assert await way(lambda: waits.wait(LONG))
        await chat.say(f"done after {anyio.current_time() - began} seconds")

    return bot


async def _chat(way: Way, waits: threading.Event) -> None:
    async with chatting(_asking(way, waits)) as customer:
        waits.clear()
        await customer.says("x")
        await customer.sees("done after 0.0 seconds")


@ways
def test_what_a_thread_answers_is_seen(way: Way, waits: threading.Event) -> None:
    """In a loop that the test's runner made; to the test no time has passed."""
    asyncio.run(_chat(way, waits))


@ways
def test_what_a_thread_answers_is_seen_in_a_virtual_loop(way: Way, waits: threading.Event) -> None:
    """As in the other, and whoever ends the threads is waited for as well."""
    run_virtually(_chat(way, waits))


def test_the_end_of_the_threads_is_waited_for(waits: threading.Event) -> None:
    """A loop that closes waits for work that nobody awaits any more."""
    begun, done = threading.Event(), list[bool]()

    def work() -> None:
        begun.set()
        done.append(waits.wait(LONG))

    async def leave() -> None:
        handed = asyncio.get_running_loop().run_in_executor(None, work)
        await _by_anyio(begun.wait)
        waits.clear()
        handed.cancel()

    run_virtually(leave())
    assert done == [True]


@ways
def test_time_leaps_again_when_the_thread_has_come_back(way: Way, waits: threading.Event) -> None:
    """A thread that rests is not at work."""

    async def sleep() -> tuple[float, bool]:
        assert await way(lambda: waits.wait(LONG))
        waits.clear()
        await anyio.sleep(3600)
        return anyio.current_time(), waits.is_set()

    assert run_virtually(sleep()) == (3600, False)


def test_a_thread_that_does_not_come_back_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setattr(virtual, "PATIENCE", 0.01)
    released = threading.Event()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        with pytest.raises(EverybodyWaits, match=r"at work for 0\.01 seconds.*double"):
            runner.run(_by_anyio(lambda: released.wait(LONG)))
        monkeypatch.setattr(virtual, "PATIENCE", LONG)
        released.set()


async def test_a_loop_is_as_before_when_the_chat_is_over() -> None:
    """What bends it is taken away."""
    loop = asyncio.get_running_loop()
    before = loop.run_in_executor
    async with chatting(_asking(_by_asyncio, threading.Event())):
        assert loop.run_in_executor != before
    assert loop.run_in_executor == before
