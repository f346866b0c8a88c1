"""The echo bot, as a dialogue."""

from agent.testing import chatting
from bots.echo import bot


async def test_it_greets_echoes_and_leaves() -> None:
    """All it can do."""
    async with chatting(bot) as customer:
        await customer.sees("Hello!")
        await customer.says("one", "two")
        await customer.sees("one")
        await customer.sees("two")
        await customer.says("bye")
        await customer.sees("Goodbye!")
        await customer.says("are you there?")
        await customer.hears_nothing("1m")
