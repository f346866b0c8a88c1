"""Places for chats: as many as there are, and whoever waits gets the first that is given back."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio

from agent.daemon.room import Room


def test_places_are_taken_until_none_is_left(virtually: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    """Then one waits, until a place is given back."""

    async def story() -> None:
        room = Room(2)
        await room.take()
        assert room.take_now()
        assert (room.free, room.take_now()) == (0, False)
        async with anyio.create_task_group() as group:
            group.start_soon(room.take)
            group.start_soon(room.take)
            await anyio.wait_all_tasks_blocked()
            room.give_back()
            await anyio.wait_all_tasks_blocked()
            assert room.free == 0
            group.cancel_scope.cancel()
        room.give_back()
        assert room.free == 1

    virtually(story())


def test_waiting_for_a_free_place_takes_none(virtually: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    """Who only looks leaves it to others."""

    async def story() -> None:
        room = Room(1)
        await room.wait_free()
        assert room.free == 1

    virtually(story())
