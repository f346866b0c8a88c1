"""Which turn running code belongs to."""

import anyio

from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry.turns import running_turn, within

KEY = ContactKey(InstanceId("instance"), ContactId("contact"))


def _id() -> str | None:
    turn = running_turn()
    return turn.id if turn else None


async def test_a_turn_is_known_to_the_tasks_that_it_starts_and_to_no_other() -> None:
    """Two chats in two tasks do not see each other's turn."""
    seen: dict[str, list[str | None]] = {"a": [], "b": []}

    async def note(name: str) -> None:
        await anyio.lowlevel.checkpoint()
        seen[name].append(_id())

    async def turn(name: str) -> None:
        with within(KEY, name):
            await note(name)
            async with anyio.create_task_group() as group:
                group.start_soon(note, name)
        await note(name)

    async with anyio.create_task_group() as group:
        group.start_soon(turn, "a")
        group.start_soon(turn, "b")
    assert seen == {"a": ["a", "a", None], "b": ["b", "b", None]}
    assert _id() is None
