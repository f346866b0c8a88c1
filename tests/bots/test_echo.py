"""The echo bot, as a dialogue."""

from agent.testing import chatting
from bots.echo import bot


async def test_it_says_back_what_it_hears_and_nothing_else() -> None:
    """All it can do."""
    async with chatting(bot) as customer:
        await customer.hears_nothing("1m")
        await customer.says("one", "two")
        await customer.sees("one")
        await customer.sees("two")
        await customer.says("bye")
        await customer.sees("bye")
        await customer.hears_nothing("1m")
