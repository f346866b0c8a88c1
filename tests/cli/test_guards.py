"""Guard rails of a real daemon: a bot that fails everywhere hands off, gets no more chats, and comes back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from agent.emulator import emulate
from tests.cli.live_scene import BOUND, Scene

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

BOT = """
import pathlib
from agent import Bot, Chat, Message

bot = Bot("mine")


@bot.on_message()
async def answer(chat: Chat, message: Message) -> None:
    if pathlib.Path("broken").exists():
        raise OSError("secret words")
    await chat.say(message.text)
"""
BYE = "I am passing you on to a colleague."


def test_guards_of_a_bot_that_is_not_served_are_told(finished: Callable[..., Any], tmp_path: Path) -> None:
    """Its name may be misspelt; as a file may be shared, that is a warning."""
    (tmp_path / "chat-agent.toml").write_text(
        "[guards.bots.ecko]\nline_after = 3\n[guards.bots.echo]\n", encoding="utf-8"
    )
    (tmp_path / "none.db").write_text("no store", encoding="utf-8")
    run = ("run", "echo", "--source", "local", "--endpoint-url", "http://127.0.0.1:9", "--store-path", "none.db")
    _, _, errors = finished(*run)
    (told,) = [line for line in errors.splitlines() if "settings.for_no_bot" in line]
    assert "guards.bots.ecko" in told
    assert '"served": "echo"' in told or '"served":"echo"' in told


async def test_a_bot_that_fails_everywhere_is_spared_for_a_while(
    started: Callable[..., Any], finished: Callable[..., Any], tmp_path: Path
) -> None:
    """Offers wait meanwhile; when it is tried and works, those who waited are served."""
    (tmp_path / "mine.py").write_text(BOT, encoding="utf-8")
    broken = tmp_path / "broken"
    broken.touch()
    async with emulate() as connect:
        scene = Scene(connect, started, finished)
        variables = {"BOT_FAILURES": "2", "BOT_REST": "3"}
        daemon = scene.daemon(**{f"CHAT_AGENT_GUARDS__{name}": value for name, value in variables.items()})
        for text in ("one", "two", "three"):
            scene.says(text)
        await scene.until(lambda: scene.said()[2:] == [BYE])
        assert all(line.startswith("Sorry") for line in scene.said()[:2])
        await anyio.to_thread.run_sync(daemon.logged, "bot.failing")
        broken.unlink()
        scene.begins()
        scene.says("hello")
        await scene.until(lambda: scene.said() == ["hello"])
        await anyio.to_thread.run_sync(daemon.logged, "bot.works_again")
        with anyio.fail_after(BOUND):
            assert "takes none on" not in (await scene.command("ps"))[1]
        assert "secret words" not in daemon.errors
