"""Dialogs under workers that die at any moment: said once, done once, in order."""

from random import Random

import anyio
import pytest

from agent import Bot, Chat, Choice
from agent.telemetry import Happening
from agent.testing import chatting

CHATS = 12


class World:
    """The shop's side: orders by idempotency key, and every call."""

    def __init__(self, pauses: Random) -> None:
        self.orders: dict[str, str] = {}
        self._pauses = pauses

    async def order(self, what: str, *, idempotency_key: str = "") -> str:
        await anyio.sleep(self._pauses.random() * 3)
        self.orders.setdefault(idempotency_key, what)
        await anyio.sleep(self._pauses.random() * 3)
        return f"{what}-{len(self.orders)}"


def shop(world: World, turns: str) -> Bot:
    bot = Bot("shop", turns=turns)

    @bot.on_join
    async def greet(chat: Chat) -> None:
        await chat.say("Hi.")

    @bot.dialog("order")
    async def order(chat: Chat) -> None:
        size = await chat.ask("Size?", int)
        await chat.say(f"Size {size}.")
        first = await chat.step(world.order, f"size {size}")
        await chat.say(f"First {first}.")
        when = await chat.choose("When?", [Choice("today"), Choice("tomorrow")])
        second = await chat.step(world.order, when)
        await chat.sleep(30)
        await chat.say(f"Second {second}.", "Done.")

    return bot


EXPECTED = [
    "Hi.",
    "Size?",
    "Size 42.",
    "First size 42-1.",
    "When?\n1. today\n2. tomorrow",
    "Second today-2.",
    "Done.",
]


@pytest.mark.parametrize("turns", ["queue", "merge"])
@pytest.mark.parametrize("seed", range(CHATS))
async def test_whatever_dies_the_customer_reads_one_conversation(seed: int, turns: str) -> None:
    """Kills at random instants, also between effect and journal; the world sees each order under one key."""
    random = Random(seed)
    world = World(Random(seed + 1))
    happenings: list[Happening] = []
    async with chatting(shop(world, turns), report=happenings.append) as customer:

        async def killer() -> None:
            for _ in range(random.choice((2, 5, 12))):
                await anyio.sleep(random.random() * random.choice((0.01, 1, 10)))
                await customer.kill_worker()

        async with anyio.create_task_group() as group:
            group.start_soon(killer)
            await customer.says("order")
            await customer.sees("Size?")
            await customer.says("42")
            await customer.picks("today")
            await customer.sees("Done.", within="10m")
        await customer.waits(30)
        assert customer.heard == EXPECTED
        assert customer.errors == ()
    assert sorted(world.orders.values()) == ["size 42", "today"]
