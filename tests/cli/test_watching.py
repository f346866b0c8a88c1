"""Knowing when an answer is complete, without waiting for silence."""

from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from agent.cli.watching import WatchedBot, Watcher
from agent.ids import ItemId
from agent.session.conversation import Overlap
from agent.telemetry import Happening
from agent.wire.items import parse_item

BOUND = 20


class Bot:
    """A bot that wants only messages with the id ``wanted``."""

    name = "mine"
    overlap = Overlap.MERGE

    def __init__(self) -> None:
        self.calls: list[str] = []

    def converse(self, _: Any) -> Any:
        async def called(name: str) -> None:
            self.calls.append(name)

        return SimpleNamespace(
            wants=lambda item: item.id == "wanted",
            turn=lambda turn: called("turn"),
            failed=lambda turn, error: called("failed"),
            aclose=lambda: called("aclose"),
        )


async def test_a_committed_turn_and_an_unwanted_message_are_dealt_with() -> None:
    """Both ways of having an answer."""
    watcher = Watcher()
    conversation = WatchedBot(Bot(), watcher).converse(None)  # type: ignore[arg-type]
    with anyio.fail_after(BOUND):
        assert not conversation.wants(parse_item({"Id": "unwanted", "Type": "MESSAGE"}))
        await watcher.dealt_with(ItemId("unwanted"))
        assert conversation.wants(parse_item({"Id": "wanted", "Type": "MESSAGE"}))
        async with anyio.create_task_group() as group:
            group.start_soon(watcher.dealt_with, ItemId("wanted"))
            await anyio.wait_all_tasks_blocked()
            assert group.cancel_scope.cancel_called is False
            watcher(Happening(name="turn.committed", fields={"last_item": "wanted"}))


@pytest.mark.parametrize("name", ["contact.ended", "contact.refused", "contact.given_up"])
async def test_nobody_waits_for_a_bot_that_is_gone(name: str) -> None:
    """However it went."""
    watcher = Watcher()
    with anyio.fail_after(BOUND):
        async with anyio.create_task_group() as group:
            group.start_soon(watcher.greeted)
            group.start_soon(watcher.dealt_with, ItemId("x"))
            group.start_soon(watcher.gone)
            await anyio.wait_all_tasks_blocked()
            watcher(Happening(name="something.else"))
            watcher(Happening(name=name))
    assert watcher.over


async def test_a_watched_bot_is_otherwise_itself() -> None:
    """Name, overlap and every call."""
    bot = Bot()
    watched = WatchedBot(bot, Watcher())
    assert (watched.name, watched.overlap) == ("mine", Overlap.MERGE)
    conversation = watched.converse(None)  # type: ignore[arg-type]
    await conversation.turn(None)  # type: ignore[arg-type]
    await conversation.failed(None, ValueError())  # type: ignore[arg-type]
    await conversation.aclose()
    assert bot.calls == ["turn", "failed", "aclose"]
