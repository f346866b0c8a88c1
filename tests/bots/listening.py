"""Listening to a chat of a local Amazon Connect from outside, without polling."""

from typing import Any

import anyio


async def sayings(connect: Any, contact: str, number: int) -> list[str]:
    """What the bot has said there, as soon as it has said so much."""
    news = anyio.Event()

    def happened(_: object) -> None:
        nonlocal news
        news.set()
        news = anyio.Event()

    connect.region.listeners.append(happened)
    with anyio.fail_after(50):
        while True:
            items = connect.transcript(contact)
            said = [
                one["Content"] for one in items if one.get("ParticipantRole") == "CUSTOM_BOT" and one.get("Content")
            ]
            if len(said) >= number:
                return said
            await news.wait()
