"""What a running worker follows of the settings."""

from collections.abc import Callable
from typing import Any

import anyio

from agent.clock import LoopClock
from agent.config import Configuration
from agent.daemon.bucket import Rate
from agent.daemon.pacing import FreePacer, QuotaPacer
from agent.daemon.room import Room
from agent.daemon.tuning import Tuning, pacer_of
from agent.ids import InstanceId
from agent.ports import Operation

HERE = InstanceId("here")


def _settings(**pacing: Any) -> Configuration:
    return Configuration(pacing={"send_message": {"rate": 10, "burst": 1}, **pacing}, session={"turn_timeout": 9})  # type: ignore[arg-type]


def test_the_share_is_divided_among_the_workers_also_after_a_reload(virtually: Callable[[Any], None]) -> None:
    """The number of workers is remembered."""

    async def story() -> None:
        pacer = QuotaPacer({operation: Rate(rate=1, burst=1) for operation in Operation}, clock=LoopClock())
        tuning = Tuning(_settings(share=0.8), pacer)
        assert pacer.share == 0.8
        tuning.shared_by(4)
        assert pacer.share == 0.2
        tuning.adopt(_settings(share=0.4))
        assert pacer.share == 0.1
        assert tuning.chat.turn_timeout == 9

    virtually(story())


def test_a_raised_rate_helps_those_who_wait_already(virtually: Callable[[Any], None]) -> None:
    """And a new quota holds for what comes."""

    async def story() -> None:
        settings = _settings(send_message={"rate": 0.01, "burst": 1})
        pacer = pacer_of(settings.pacing, LoopClock())
        assert isinstance(pacer, QuotaPacer)
        tuning = Tuning(settings, pacer)
        began = anyio.current_time()

        async def raise_it() -> None:
            await anyio.sleep(5)
            assert dict(tuning.calls_waiting()) == {"SendMessage": 1}
            tuning.adopt(_settings(send_message={"rate": 1, "burst": 1}))

        async with anyio.create_task_group() as group:
            group.start_soon(raise_it)
            await pacer.admit(Operation.SEND_MESSAGE, HERE)
            await pacer.admit(Operation.SEND_MESSAGE, HERE)
        assert anyio.current_time() - began < 7
        assert dict(tuning.calls_waiting()) == {"SendMessage": 0}

    virtually(story())


def test_a_new_quota_wakes_those_who_wait(virtually: Callable[[Any], None]) -> None:
    """They would else sleep as long as the old one made them."""

    async def story() -> None:
        slow, fast = ({operation: Rate(rate=rate, burst=1) for operation in Operation} for rate in (0.001, 1))
        pacer = QuotaPacer(slow, clock=LoopClock())
        await pacer.admit(Operation.SEND_MESSAGE, HERE)
        async with anyio.create_task_group() as group:
            group.start_soon(pacer.admit, Operation.SEND_MESSAGE, HERE)
            await anyio.wait_all_tasks_blocked()
            pacer.requota(fast)
        assert anyio.current_time() < 2

    virtually(story())


def test_without_pacing_there_is_nothing_to_follow() -> None:
    """No budget, no queue."""
    settings = _settings(enabled=False)
    pacer = pacer_of(settings.pacing, LoopClock())
    tuning = Tuning(settings, pacer)
    tuning.shared_by(3)
    assert isinstance(pacer, FreePacer)
    assert tuning.calls_waiting() == {}


def test_a_room_may_grow_and_shrink(virtually: Callable[[Any], None]) -> None:
    """Who waits gets in when it grows; who is in stays when it shrinks."""

    async def story() -> None:
        room = Room(1)
        assert room.take_now()
        async with anyio.create_task_group() as group:
            group.start_soon(room.take)
            await anyio.wait_all_tasks_blocked()
            room.resize(2)
        room.resize(1)
        assert (room.taken, room.free, room.take_now()) == (2, -1, False)
        room.give_back()
        room.give_back()
        assert room.take_now()

    virtually(story())
