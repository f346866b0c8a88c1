"""``bench`` whole: a worker in its own process, few customers, and what is told."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

Quickly = Callable[..., tuple[int, str, str]]
SMALL = ("--chats", "2", "--seconds", "1")
BOT = """\
from agent import Bot

print("a word of the author's")
bot = Bot("mine")


@bot.on_join
async def greet(chat):
    await chat.say("Hello")


@bot.on_message("fail")
async def fail(chat, message):
    raise ValueError


@bot.on_message()
async def echo(chat, message):
    await chat.say(message.text)
"""


def test_figures_for_a_program_and_limits_that_hold(quickly: Quickly) -> None:
    """Whatever the bot, and nothing but JSON on standard output."""
    code, output, errors = quickly(
        "bench", "echo", *SMALL, "--say", "a", "--say", "b", "--json", "--max-unanswered", "0"
    )
    figures = json.loads(output)
    assert (code, figures["ok"], figures["broken"]) == (0, True, []), errors
    assert (figures["chats"], figures["joins"], figures["failed_turns"]) == (2, 2, 0)
    assert figures["answered"] == figures["messages"] > 0
    assert figures["memory_bytes"] > 0


def test_a_limit_that_does_not_hold_is_a_sentence_and_a_code(quickly: Quickly, tmp_path: Path) -> None:
    """Failed turns are counted from the worker's log; what the bot prints is not among the figures."""
    (tmp_path / "mine.py").write_text(BOT, encoding="utf-8")
    sys.modules.pop("mine", None)
    code, output, errors = quickly("bench", "mine:bot", *SMALL, "--say", "fail", "--max-failed", "0", "--rate", "20")
    assert code == 4, errors
    assert "At most 0 turns failed are allowed" in errors
    assert "failed turns" in output
    assert "reply latency, ms" in output


def test_a_worker_that_ends_is_the_end(quickly: Quickly, tmp_path: Path) -> None:
    """With its own words, and no waiting."""
    source = (
        "from contextlib import asynccontextmanager\nfrom agent import Bot\n\n"
        "@asynccontextmanager\nasync def deps():\n"
        "    raise OSError\n    yield\n\n\nbot = Bot('mine', lifespan=deps)\n"
    )
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    sys.modules.pop("mine", None)
    code, _, errors = quickly("bench", "mine:bot", *SMALL)
    assert code == 2
    assert "The worker ended with exit code 2" in errors


def test_what_is_wrong_is_said_before_anything_starts(quickly: Quickly) -> None:
    """A scenario, a target."""
    assert quickly("bench", "--scenario", "no.toml")[0] == 78
    assert quickly("bench", "nobody")[0] == 2
