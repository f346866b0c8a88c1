"""The daemon behind ``POST /offers``, with several bots and rules: real processes, real sockets."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import anyio
import anyio.to_thread
import pytest

from agent.emulator import INSTANCE_ID, Emulator, emulate

Started: TypeAlias = Callable[..., Any]
Finished: TypeAlias = Callable[..., tuple[int, list[str], str]]
Quickly: TypeAlias = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.processes
BOUND = 50

BOTS = """
from agent import Bot, Chat


def greeter(name):
    bot = Bot(name)

    @bot.on_join
    async def greet(chat: Chat) -> None:
        await chat.say(name)

    return bot


shop, concierge = greeter("shop"), greeter("concierge")
"""

SETTINGS = """
[bot]
target = "mine:shop"

[[routing.rules]]
attribute = "tier"
value = "gold"
bot = "mine:concierge"

[source]
kind = "http"
port = 0
secret = "env:OFFERS"
"""


async def _greeting(connect: Emulator, contact: str) -> str:
    """What the bot said first."""
    changed = anyio.Event()
    connect.region.listeners.append(lambda _: changed.set())
    while True:
        items = connect.transcript(contact)
        said = [item["Content"] for item in items if item.get("ParticipantRole") == "CUSTOM_BOT" and "Content" in item]
        if said:
            return str(said[0])
        await changed.wait()
        changed = anyio.Event()


def _address(errors: str) -> str:
    lines = [json.loads(line) for line in errors.splitlines() if "source.listening" in line]
    return f"{lines[0]['address']}/offers"


async def test_posted_contacts_get_the_bot_that_the_rules_say(started: Started, tmp_path: Path) -> None:
    """One process serves both bots; who does not know the secret is sent away, and a repeated offer changes nothing."""
    (tmp_path / "mine.py").write_text(BOTS, encoding="utf-8")
    (tmp_path / "chat-agent.toml").write_text(SETTINGS, encoding="utf-8")
    with anyio.fail_after(BOUND):
        async with emulate() as connect, aiohttp.ClientSession() as http:
            worker = started("run", "--endpoint-url", connect.url, OFFERS="hush")
            await anyio.to_thread.run_sync(worker.logged, "worker.serving")

            async def post(secret: str, contact: str, **attributes: str) -> int:
                offer = {"InstanceId": INSTANCE_ID, "ContactId": contact, "Attributes": attributes}
                headers = {"Authorization": f"Bearer {secret}"}
                async with http.post(_address(worker.errors), json=offer, headers=headers) as answer:
                    return answer.status

            plain, gold = (connect.start_chat(connected=True)["ContactId"] for _ in range(2))
            assert await post("wrong", plain) == 401
            assert [await post("hush", plain), await post("hush", plain), await post("hush", gold, tier="gold")] == [
                202
            ] * 3
            assert (await _greeting(connect, plain), await _greeting(connect, gold)) == ("shop", "concierge")
            worker.signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(worker.ended) == 0


def test_mistakes_in_rules_and_sources_end_it_before_it_serves(
    quickly: Quickly, finished: Finished, tmp_path: Path
) -> None:
    """A bot that is not there, a source that is not there, an address for everybody without a secret."""
    (tmp_path / "chat-agent.toml").write_text('[[routing.rules]]\nqueue = "q"\nbot = "ehco"\n', encoding="utf-8")
    code, _, errors = quickly("run", "echo", "--source", "http")
    assert (code, "Did you mean 'echo'" in errors) == (2, True), errors
    (tmp_path / "chat-agent.toml").write_text('[source]\nhost = "0.0.0.0"\n', encoding="utf-8")
    code, _, errors = quickly("run", "echo", "--source", "sqss")
    assert (code, "Built in: http, local, sqs" in errors) == (2, True), errors
    code, _, errors = finished("run", "echo", "--source", "http", "--store", "memory")
    assert (code, "source.secret" in errors) == (78, True), errors
