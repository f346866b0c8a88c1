"""The bot in a pipe and in a terminal, over the real wire."""

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Finished: TypeAlias = Callable[..., tuple[int, list[str], str]]
Started: TypeAlias = Callable[..., Any]

pytestmark = pytest.mark.processes


def _bot(directory: Path, body: str) -> str:
    source = f"from agent import Bot, Chat, Message\n\nbot = Bot('mine')\n\n{body}"
    (directory / "mine.py").write_text(source, encoding="utf-8")
    return "mine:bot"


ANSWERS = """
@bot.on_message()
async def answer(chat: Chat, message: Message) -> None:
    {}
"""


def test_each_line_gets_its_answers_and_the_end_ends_the_chat(finished: Finished, tmp_path: Path) -> None:
    """Several answers of one turn stay together, before the next line is even sent."""
    bot = _bot(tmp_path, ANSWERS.format("await chat.say(message.text); await chat.say(message.text.upper())"))
    code, output, errors = finished("chat", bot, text="hello\nbye\n")
    assert (code, output) == (0, ["hello", "HELLO", "bye", "BYE"]), errors


def test_the_echo_bot_answers_a_pipe(finished: Finished) -> None:
    """It is the bot when none is named."""
    code, output, errors = finished("chat", text="one\n\ntwo")
    assert code == 0, errors
    assert output[-2:] == ["one", "two"]


def test_the_greeting_comes_first(finished: Finished, tmp_path: Path) -> None:
    """Even when nothing is said."""
    bot = _bot(tmp_path, "@bot.on_join\nasync def greet(chat: Chat) -> None:\n    await chat.say('Welcome')\n")
    assert finished("chat", bot)[:2] == (0, ["Welcome"])


def test_a_message_that_the_bot_does_not_want_gets_no_answer_and_stops_nothing(
    finished: Finished, tmp_path: Path
) -> None:
    """The next line is sent all the same."""
    body = "@bot.on_message('b')\nasync def b(chat: Chat, message: Message) -> None:\n    await chat.say('got b')\n"
    assert finished("chat", _bot(tmp_path, body), text="a\nb\nc\n")[:2] == (0, ["got b"])


def test_a_bot_that_raises_apologises_and_the_log_names_the_contact(finished: Finished, tmp_path: Path) -> None:
    """One apology, the error with the contact's id, and the chat goes on."""
    body = ANSWERS.format("await chat.say(str(1 / int(message.text)))")
    code, output, errors = finished("chat", _bot(tmp_path, body), text="0\n1\n")
    assert code == 0
    assert len(output) == 2
    assert "Sorry" in output[0]
    assert output[1] == "1.0"
    assert "turn.failed" in errors
    assert "contact_id" in errors
    assert "ZeroDivisionError" in errors
    assert "mine.py" in errors


def test_when_the_bot_leaves_the_pipe_ends(finished: Finished, tmp_path: Path) -> None:
    """What was said before it left is printed; further lines have nobody to read them."""
    body = ANSWERS.format("await chat.say('Farewell'); await chat.leave()")
    assert finished("chat", _bot(tmp_path, body), text="a\nb\nc\n")[:2] == (0, ["Farewell"])


def test_an_empty_input_is_a_short_chat(finished: Finished, tmp_path: Path) -> None:
    """Exit code 0, nothing printed."""
    assert finished("chat", _bot(tmp_path, ANSWERS.format("pass")))[:2] == (0, [])


def test_a_reader_that_goes_away_ends_the_chat(started: Started, tmp_path: Path) -> None:
    """``| head -1`` is no mistake."""
    command = started("chat", _bot(tmp_path, ANSWERS.format("await chat.say('x' * 1000)")), read_output=False)
    command.process.stdout.close()
    command.process.stdin.write("a\n" * 5)
    command.process.stdin.close()
    assert (command.ended(), command.errors) == (0, "")


def test_ctrl_c_ends_a_chat_in_order(started: Started, tmp_path: Path) -> None:
    """The bot leaves politely, exit code 0."""
    body = ANSWERS.format("await chat.say('here')")
    command = started("chat", _bot(tmp_path, body), "--log-level", "info")
    command.process.stdin.write("hello\n")
    command.process.stdin.flush()
    assert command.line() == "here"
    command.signal(signal.SIGINT)
    assert command.ended() == 0
    assert "contact.ended" in command.errors


def _read_until(terminal: int, wanted: str) -> str:
    shown = ""
    while wanted not in shown:
        assert select.select([terminal], [], [], 50)[0], f"{wanted!r} did not come; shown: {shown!r}"
        shown += os.read(terminal, 4096).decode("utf-8", "replace")
    return shown


def test_in_a_terminal_one_talks_until_ctrl_d(tmp_path: Path) -> None:
    """A prompt, what is said in the order in which it is said, and Ctrl-D as the end."""
    body = ANSWERS.format("await chat.say('You said ' + message.text)")
    target = _bot(tmp_path, body)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "agent", "chat", target], stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path
    )
    try:
        os.close(theirs)
        _read_until(ours, "Welcome to Amazon Connect")
        os.write(ours, b"hi\n")
        assert "mine: " in _read_until(ours, "You said hi")
        os.write(ours, b"\n\x04")
        assert process.wait(50) == 0
    finally:
        process.kill()
        process.wait(50)
        os.close(ours)
