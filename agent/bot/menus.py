"""Menus: choices as the contact can show them, and the customer's answer as the choice made."""

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.bot.choice import Choice
from agent.bot.filters import normalised
from agent.errors import DialogError

if TYPE_CHECKING:
    from agent.bot.chat import Chat

_NEAR = 0.75


def entries(choices: Sequence[Any]) -> list[Choice[Any]]:
    """`choices` as `Choice`s, strings standing for themselves.

    Raises:
        DialogError: there are none, or two that a customer could not tell apart.
    """
    found: list[Choice[Any]] = [one if isinstance(one, Choice) else Choice(one) for one in choices]
    if not found:
        raise DialogError("chat.choose needs at least one choice.")
    titles = [normalised(one.title) for one in found]
    if len(set(titles)) < len(titles) or "" in titles:
        raise DialogError("chat.choose: every choice needs a title of its own.")
    return found


def chosen(said: str, choices: Sequence[Choice[Any]]) -> Choice[Any]:
    """The choice that `said` means: its number, its title, or nearly its title.

    Raises:
        ValueError: none, or more than one.
    """
    titles = {normalised(one.title): one for one in choices}
    word = normalised(said).strip(" .)!")
    if word in titles:
        return titles[word]
    if word.isdecimal() and 1 <= int(word) <= len(choices):
        return choices[int(word) - 1]
    near = difflib.get_close_matches(word, titles, n=2, cutoff=_NEAR)
    if len(near) == 1:
        return titles[near[0]]
    raise ValueError


async def show(chat: "Chat[Any, Any]", question: str, choices: Sequence[Choice[Any]]) -> None:
    """Shows the menu."""
    lines = [f"{number}. {one.title}" for number, one in enumerate(choices, 1)]
    await chat.say("\n".join([question, *lines]))
