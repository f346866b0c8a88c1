"""A bot of real worker processes that stops for ever at chosen moments of a dialog, so that it can be killed there.

In a process with ``UNLUCKY`` set it waits until the file ``go`` exists, which may be never; in any other it goes on.
"""

import asyncio
import logging
import os
from pathlib import Path

from agent import Bot, Chat, idempotency_key

bot = Bot("unlucky")
log = logging.getLogger("unlucky")


async def stop_here(moment: str) -> None:
    """The worker is told to be at this moment, and stays there."""
    if "UNLUCKY" in os.environ:
        log.warning(moment)
        while not _may_go_on():
            await asyncio.sleep(0.05)


async def place(size: int, colour: str) -> str:
    """Each call is written down with its key."""
    _write_down(f"{size} {idempotency_key()}\n")
    if colour == "green":
        await stop_here("stopped in a step")
    return f"No. {size}"


def _may_go_on() -> bool:
    return Path("go").exists()


def _write_down(line: str) -> None:
    with Path("placed").open("a", encoding="utf-8") as placed:
        placed.write(line)


@bot.dialog("order")
async def order(chat: Chat) -> None:
    """Size 1 stops it between two replies of one turn, green in the step."""
    size = await chat.ask("Which size?", int)
    await chat.say(f"Noted {size}.")
    if size == 1:
        await stop_here("stopped after a say")
    colour = await chat.ask("Which colour?")
    number = await chat.step(place, size, colour)
    await chat.say(f"{number}, {colour}.")
