"""What is raised where nobody waits for it, as in a timer's callback: only the loop's handler hears of it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def heeding(story: Coroutine[Any, Any, T]) -> T:
    """Runs `story`, and fails when something was raised meanwhile that nobody saw."""
    unseen: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    outcome = await story
    assert unseen == []
    return outcome
