"""The watch over deaf chats: it tells of each one once."""

from collections.abc import Callable
from typing import Any

import anyio

from agent.clock import LoopClock
from agent.daemon.health_links import Deafness
from agent.daemon.health_loop import meter_loop
from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry import Happening, Level

KEY = ContactKey(InstanceId("instance"), ContactId("contact"))


def test_a_deaf_chat_is_told_once_and_its_recovery_too(virtually: Callable[[Any], None]) -> None:
    """One task for all chats; no line each few seconds."""

    async def told() -> None:
        heard: list[str] = []
        deafness = Deafness(after=30, share=0.1, clock=LoopClock(), report=lambda one: heard.append(one.name))
        async with anyio.create_task_group() as group:
            group.start_soon(deafness.watch)
            deafness(Happening(name="link.lost", contact=KEY))
            await anyio.sleep(200)
            assert heard == ["chat.deaf"]
            deafness(Happening(name="transcript.failed", contact=KEY))
            deafness(Happening(name="link.subscribed", contact=KEY))
            assert heard == ["chat.deaf"]
            deafness(Happening(name="transcript.read", contact=KEY))
            assert heard == ["chat.deaf", "chat.hears_again"]
            deafness(Happening(name="link.lost", contact=KEY))
            await anyio.sleep(200)
            assert heard[2:] == ["chat.deaf"]
            group.cancel_scope.cancel()

    virtually(told())


def test_a_loop_that_is_on_time_is_not_late(virtually: Callable[[Any], None]) -> None:
    """One report for each interval."""

    async def told() -> None:
        heard: list[Happening] = []
        with anyio.move_on_after(10.5):
            await meter_loop(clock=LoopClock(), report=heard.append)
        assert [happening.fields["seconds"] for happening in heard] == [0.0] * 10
        assert {happening.level for happening in heard} == {Level.DEBUG}

    virtually(told())


async def test_a_loop_that_overslept_says_by_how_much() -> None:
    """A clock that runs ahead of the loop looks the same as a loop that hangs."""

    class Ahead:
        def __init__(self) -> None:
            self.readings = iter([0.0, 3.0, 3.0])

        def monotonic(self) -> float:
            return next(self.readings)

    heard: list[Happening] = []

    def report(happening: Happening) -> None:
        heard.append(happening)
        scope.cancel()

    with anyio.CancelScope() as scope:
        await meter_loop(clock=Ahead(), report=report, interval=0.001)  # type: ignore[arg-type]
    [lag] = heard
    assert (lag.name, lag.fields["seconds"], lag.level) == ("loop.lag", 2.999, Level.WARNING)
