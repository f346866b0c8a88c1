"""The rules of a question: each mistake is named at the call, before anything is asked."""

from typing import Any

import pytest

from agent.bot.rules import rules
from agent.errors import BotError, DialogError

MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("chat.ask", {"retries": 3}, r"chat\.ask takes no retries=; did you mean tries=\?"),
    ("chat.ask", {"cancell": ["x"]}, r"did you mean cancel=\?"),
    ("chat.ask", {"colour": 1}, "it takes kind=, check=, tries=, timeout=, hint=, otherwise=, cancel=, key="),
    ("chat.choose", {"check": len}, "chat.choose takes no check=; it takes tries=, timeout="),
    ("chat.ask", {"cancel": "stop"}, r"chat\.ask\(cancel='stop'\) takes several words; write \['stop'\]"),
    ("chat.ask", {"cancel": [5]}, r"chat\.ask\(cancel=\.\.\.\) takes words, not int"),
    ("chat.ask", {"cancel": 5}, r"chat\.ask\(cancel=\.\.\.\) takes several words, not int"),
    ("chat.choose", {"tries": 0}, r"chat\.choose\(tries=0\): a question needs at least one try"),
    ("chat.ask", {"tries": "3"}, "must be a whole number, not str"),
    ("chat.ask", {"tries": True}, "must be a whole number, not bool"),
    ("chat.ask", {"check": True}, r"\(check=\.\.\.\) must be a function of the answer, not bool"),
    ("chat.ask", {"hint": 5}, r"\(hint=\.\.\.\) must be a string, not int"),
    ("chat.ask", {"otherwise": 5}, "a string, or a function of chat and message, not int"),
    ("chat.ask", {"key": 5}, r"\(key=\.\.\.\) must be a string, not int"),
]


@pytest.mark.parametrize(("verb", "given", "sentence"), MISTAKES, ids=[sentence[-20:] for *_, sentence in MISTAKES])
def test_a_rule_that_cannot_hold_is_named(verb: str, given: dict[str, Any], sentence: str) -> None:
    """The rule, what it has to be, and what was given."""
    with pytest.raises(DialogError, match=sentence):
        rules(verb, given)


@pytest.mark.parametrize("timeout", ["soon", -1, float("nan"), []])
def test_a_timeout_is_a_duration(timeout: Any) -> None:
    """Said with what a duration looks like, or what is wrong."""
    with pytest.raises(BotError, match=r"is no duration; write|is negative"):
        rules("chat.ask", {"timeout": timeout})


def test_what_is_given_is_taken_as_it_is() -> None:
    """All the rest has its default."""
    found = rules("chat.ask", {"cancel": ["stop"], "tries": 2, "timeout": "5m", "hint": "", "check": None})
    assert (found.cancel, found.tries, found.timeout, found.hint, found.key) == (["stop"], 2, "5m", "", None)
