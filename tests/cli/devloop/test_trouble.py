"""What is said of an author's mistake: his own line first, none of ours."""

from pathlib import Path

import pytest

from agent.bot.plugins import load
from agent.cli.devloop.code import AuthorsCode
from agent.cli.devloop.trouble import Stage, Trouble, trouble_of
from agent.errors import ConfigurationError, TargetBroken, TargetNotFound
from agent.testing import chatting


def _of(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Trouble:
    name = "devloop_" + folder.name.replace("-", "_")
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    with pytest.raises(ConfigurationError) as caught:
        load(f"{name}:bot")
    return trouble_of(caught.value, Stage.LOAD, AuthorsCode(folder))


def test_a_syntax_error_has_the_place_that_python_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No frame leads there."""
    trouble = _of("x = 1\nbot = (\n", tmp_path, monkeypatch)
    assert (trouble.error, trouble.line, trouble.code) == ("SyntaxError", 2, "bot = (")
    assert trouble.place.endswith(".py:2")
    assert trouble.text().splitlines()[0] == f"{trouble.place}: {trouble.sentence}"


def test_an_exception_has_the_innermost_line_of_the_author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that of the library which raised it."""
    trouble = _of("import json\n\n\ndef f():\n    return json.loads('{')\n\n\nf()\n", tmp_path, monkeypatch)
    assert (trouble.error, trouble.line, trouble.code) == ("JSONDecodeError", 5, "return json.loads('{')")
    assert "agent/" not in trouble.traceback
    assert trouble.traceback.startswith("Traceback")


def test_a_refused_registration_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found when the bot is frozen: no line is to blame, the sentence names the places."""
    source = "from agent import Bot\nbot = Bot('x')\n" + 2 * (
        "\n@bot.on_message('a')\nasync def f(chat, message): ...\n"
    )
    trouble = _of(source, tmp_path, monkeypatch)
    assert "never gets a turn" in trouble.text()


def test_what_has_no_author_s_line_is_a_sentence(tmp_path: Path) -> None:
    """As when the name of the bot is gone from the module."""
    trouble = trouble_of(TargetNotFound("There is no bot."), Stage.LOAD, AuthorsCode(tmp_path))
    assert (trouble.place, trouble.text()) == ("", "TargetNotFound: There is no bot.")
    broken = trouble_of(TargetBroken("'x' is a str, not a Bot.", ""), Stage.LOAD, AuthorsCode(tmp_path))
    assert broken.text() == "'x' is a str, not a Bot."


def test_its_record_is_what_the_page_gets(tmp_path: Path) -> None:
    """Plain JSON."""
    record = trouble_of(ValueError("no"), Stage.TURN, AuthorsCode(tmp_path), contact="c").record()
    assert (record["stage"], record["sentence"], record["contact"]) == ("turn", "ValueError: no", "c")


STEPS = """
from agent import Bot

bot = Bot("steps")


async def pay(amount):
    raise ValueError(f"no route for {amount}")


@bot.on_message()
async def talk(chat, message):
    await chat.step(pay, 5)


@bot.on_message("parse")
async def parse(chat, message):
    await chat.step(int, "five")
"""


@pytest.mark.parametrize(
    ("said", "line", "code", "sentence"),
    [
        ("go", 8, 'raise ValueError(f"no route for {amount}")', "step pay failed with ValueError: no route for 5"),
        ("parse", 18, 'await chat.step(int, "five")', "step int failed with ValueError: invalid literal"),
    ],
)
async def test_a_step_that_failed_leads_to_what_failed_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, line: int, code: str, sentence: str
) -> None:
    """The author's innermost line, in the step if it is his; the original error; the way through both."""
    name = "devloop_steps_" + tmp_path.name.replace("-", "_")
    (tmp_path / f"{name}.py").write_text(STEPS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    async with chatting(load(f"{name}:bot")) as customer:
        await customer.says(said)
        await customer.sees("Sorry")
        (error,) = customer.errors
    trouble = trouble_of(error, Stage.TURN, AuthorsCode(tmp_path))
    assert (trouble.error, trouble.line, trouble.code) == ("StepFailed", line, code)
    assert sentence in trouble.sentence
    assert "await chat.step(" in trouble.traceback
    assert trouble.traceback.splitlines()[-1].startswith("ValueError: ")
