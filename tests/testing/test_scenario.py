"""Scenario files: conversations that replay as tests."""

import json

import pytest

from agent import Bot, Chat, Message
from agent.errors import ConfigurationError
from agent.testing.scenario import Move, Scenario, difference, from_story, from_transcript, parse, play, redacted
from agent.testing.story import Line

pytest_plugins = ["pytester"]

TEXT = """bot: bots.echo:bot

bot       Hello!
customer  one
          two
bot       one
          two

          three
waits     2h
worker    dies
"""


def test_a_file_reads_as_it_is_written() -> None:
    """Through parsing and back, paragraphs included."""
    scenario = parse(TEXT)
    assert scenario.moves[1] == Move("customer", "one\ntwo")
    assert scenario.moves[2] == Move("bot", "one\ntwo\n\nthree")
    assert scenario.text() == TEXT
    assert parse(TEXT.replace("\nbot ", "\n# note\nbot ", 1)) == scenario


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("hello", "Line 1"), ("bot: x:y\n\nnobody says", "Line 3: 'nobody' is none of bot, customer")],
)
def test_a_file_that_is_none_says_where(text: str, sentence: str) -> None:
    """With the line."""
    with pytest.raises(ConfigurationError, match=sentence):
        parse(text)


def test_what_looks_personal_is_replaced_by_its_like() -> None:
    """The dialog still takes it."""
    assert redacted("ana@home.it, +39 06 1234 5678, size 42") == "someone@example.com, +00 00 0000 0000, size 42"


def test_a_transcript_becomes_a_scenario() -> None:
    """Messages of both sides, long silences as waiting, nothing else."""
    story = [
        Line(at=0, who="customer", text="[participant.joined]", said=False),
        Line(at=0, who="system", text="Welcome"),
        Line(at=1, who="bot", text="Hello!"),
        Line(at=200, who="customer", text="call 0123456789"),
        Line(at=201, who="bot", text="ok"),
    ]
    scenario = from_story("bots.echo:bot", story)
    assert scenario.moves == (
        Move("bot", "Hello!"),
        Move("waits", "199s"),
        Move("customer", "call 0000000000"),
        Move("bot", "ok"),
    )
    assert parse(scenario.text()) == scenario


def test_the_file_in_s3_becomes_a_scenario() -> None:
    """As does a list of GetTranscript's items; anything else is refused."""
    item = {"Type": "MESSAGE", "ContentType": "text/plain", "AbsoluteTime": "2026-01-01T00:00:00.000Z"}
    items = [
        {**item, "Content": "Hi", "ParticipantRole": "CUSTOM_BOT"},
        {**item, "Content": "x", "ParticipantRole": "CUSTOMER"},
    ]
    moves = (Move("bot", "Hi"), Move("customer", "x"))
    assert from_transcript("a:b", json.dumps({"Version": "2019-08-26", "Transcript": items})).moves == moves
    assert from_transcript("a:b", json.dumps(items)).moves == moves
    for wrong in ("", "{}", "[1]"):
        with pytest.raises(ConfigurationError, match="no transcript"):
            from_transcript("a:b", wrong)


async def test_playing_writes_down_what_the_bot_says_now() -> None:
    """Every move of the customer, every message of the bot, in order."""
    bot = Bot("parrot")

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await chat.say(message.text, "indeed")

    moves = [
        ("customer", "a"),
        ("bot", "old"),
        ("types", ""),
        ("worker", "dies"),
        ("customer", "b"),
        ("agent", "joins"),
    ]
    kept = Scenario(bot="x", moves=tuple(Move(*move) for move in moves))
    now = await play(bot, kept)
    said = [(move.who, move.what) for move in now.moves]
    assert said == [
        ("customer", "a"),
        ("bot", "a"),
        ("bot", "indeed"),
        ("types", ""),
        ("worker", "dies"),
        ("customer", "b"),
        ("bot", "b"),
        ("bot", "indeed"),
        ("agent", "joins"),
    ]
    changes = difference(kept, now)
    assert "- bot       old" in changes
    assert "+ bot       indeed" in changes
    assert difference(now, now) == ""


INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"

CHAT = """bot: bots.echo:bot

customer  one
bot       {answer}
"""


def test_a_chat_file_is_a_test(pytester: pytest.Pytester) -> None:
    """It passes, fails with the difference, and is rewritten on demand."""
    pytester.makeini(INI)
    path = pytester.path / "echo.chat"
    path.write_text(CHAT.format(answer="one"))
    options = ("-p", "no:randomly", "-p", "no:cacheprovider")
    pytester.runpytest_inprocess(*options).assert_outcomes(passed=1)
    path.write_text(CHAT.format(answer="two"))
    failed = pytester.runpytest_inprocess(*options)
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*echo.chat went another way*", "- bot       two", "+ bot       one"])
    updated = pytester.runpytest_subprocess(*options, "-q", "--update-chats")
    updated.assert_outcomes(passed=1)
    updated.stdout.fnmatch_lines(["*updated echo.chat*", "- bot       two", "+ bot       one"])
    assert path.read_text() == CHAT.format(answer="one")


def test_the_branches_of_dialogs_are_shown_on_demand(pytester: pytest.Pytester) -> None:
    """Which outcomes of which question no test has seen."""
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        from agent import Bot, Chat
        from agent.testing import chatting, run_virtually

        bot = Bot("x")

        @bot.dialog("start")
        async def talk(chat: Chat) -> None:
            await chat.choose("Colour here?", ["red", "blue"])

        def test_it() -> None:
            async def chat() -> None:
                async with chatting(bot) as customer:
                    await customer.says("start")
                    await customer.picks("blue")
                    await customer.waits(1)
            run_virtually(chat())
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly", "--dialog-coverage")
    result.stdout.fnmatch_lines(["*'Colour here?'*2*asked again, NoAnswer, Cancelled*"])


def test_a_foreign_project_is_left_alone(pytester: pytest.Pytester) -> None:
    """Without chat files the kit is not even imported."""
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        import sys

        def test_it() -> None:
            assert "agent.testing.plugin" in sys.modules
            assert not {"agent.testing.room", "agent.emulator", "pydantic", "aiobotocore"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=1)
