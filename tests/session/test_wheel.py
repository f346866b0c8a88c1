"""Many short waits, one timer: each ends in time, in order, once."""

import asyncio
from collections.abc import Callable

import anyio

from agent.session.wheel import Wheel
from tests.session.hall import virtual


@virtual
async def test_waits_end_in_the_order_in_which_they_began_and_not_too_early() -> None:
    """Of one length and of several."""
    wheel, loop = Wheel(), asyncio.get_running_loop()
    began, ended = loop.time(), list[tuple[str, float]]()

    def told(name: str) -> Callable[[], None]:
        return lambda: ended.append((name, round(loop.time() - began, 3)))

    wheel.after(0.05, told("a"))
    wheel.after(0.2, told("c"))
    await anyio.sleep(0.02)
    wheel.after(0.05, told("b"))
    await anyio.sleep(1)
    assert ended == [("a", 0.05), ("b", 0.07), ("c", 0.2)]
    wheel.after(0.05, told("d"))
    await anyio.sleep(1)
    assert ended[3:] == [("d", 1.07)]


@virtual
async def test_what_ends_at_about_the_same_time_needs_one_timer() -> None:
    """A thousand waits are no thousand timers of the loop."""
    wheel, loop = Wheel(), asyncio.get_running_loop()
    timers, ended = 0, 0
    call_later = loop.call_later

    def counted(*arguments: object, **options: object) -> asyncio.TimerHandle:
        nonlocal timers
        timers += 1
        return call_later(*arguments, **options)  # type: ignore[arg-type]

    def end() -> None:
        nonlocal ended
        ended += 1

    loop.call_later = counted  # type: ignore[method-assign]
    for _ in range(1_000):
        wheel.after(0.05, end)
    loop.call_later = call_later  # type: ignore[method-assign]
    await anyio.sleep(1)
    assert (timers, ended) == (1, 1_000)


@virtual
async def test_one_that_fails_keeps_no_other_from_its_end() -> None:
    """The loop is told; the wheel turns on."""
    wheel, loop = Wheel(), asyncio.get_running_loop()
    told, ended = list[object](), list[str]()
    loop.set_exception_handler(lambda _, context: told.append(context.get("exception")))
    wheel.after(0.05, lambda: ended.append(1 // 0 * "never"))
    wheel.after(0.05, lambda: ended.append("second"))
    await anyio.sleep(1)
    assert ended == ["second"]
    assert [type(one) for one in told] == [ZeroDivisionError]
