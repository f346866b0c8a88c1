"""Full, and room again: each told once, and no offer that takes a place at once makes a line."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio

from agent.daemon.fullness import Fullness
from agent.daemon.room import Room

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


def test_a_place_that_is_taken_again_at_once_is_no_room(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """A busy worker is full for hours, with a place free for a moment after each chat."""

    async def story() -> None:
        stage, room = stand_ins.stage(), Room(1)
        fullness = Fullness(room, clock=stage.clock, report=stage.report)
        for _ in range(5):
            assert room.take_now()
            fullness.look()
            room.give_back()
            await anyio.sleep(9)
            fullness.look()
        assert stage.names() == ["worker.full"]
        await anyio.sleep(1)
        fullness.look()
        fullness.look()
        assert stage.names() == ["worker.full", "worker.has_room"]

    virtually(story())


def test_a_door_that_is_shut_is_neither(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Whoever shut it has said why."""

    async def story() -> None:
        stage, room = stand_ins.stage(), Room(1)
        fullness = Fullness(room, clock=stage.clock, report=stage.report)
        room.shut("memory")
        await anyio.sleep(60)
        fullness.look()
        assert stage.names() == []
        room.resize(0)
        fullness.look()
        room.resize(1)
        await anyio.sleep(60)
        fullness.look()
        assert stage.names() == ["worker.full"]
        room.reopen("memory")
        fullness.look()
        assert stage.names() == ["worker.full", "worker.has_room"]

    virtually(story())
