"""Gives the chat to another bot or to people, by contact attributes, business hours and words.

When it joins, the rules that need no words are tried; if none holds it asks what it is about, and each answer is tried
against all rules. The message that decides is the first one of the bot that gets the chat. The rules stand in
``triage.toml`` (or the file that ``TRIAGE_TOML`` names). How two bots share one chat is the switchboard's business.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from agent import Bot, Chat, ChatAgentError, Message, RegistrationError, load
from bots.declared import declared
from bots.switchboard import Chosen, Switchboard
from bots.triage_rules import Route, Triage

Triaging: TypeAlias = "Chat[object, Chosen]"


def build(triage: Triage, bots: Mapping[str, Bot[Any, Any]] | None = None) -> Switchboard:
    """The bot that routes by `triage`, to `bots` by name; those not given are looked up.

    Raises:
        RegistrationError: a bot is unknown, broken or cannot be served.
    """
    board = Switchboard(
        "triage", bots=_destinations(triage, bots or {}), display_name=triage.display_name, texts=triage.sentences()
    )

    @board.on_join
    async def greet(chat: Triaging) -> None:
        if route := triage.route(chat.contact.attributes, chat.now(), None):
            await follow(chat, route)
        else:
            await chat.say(triage.greeting)

    @board.on_message()
    async def decide(chat: Triaging, message: Message) -> None:
        if route := triage.route(chat.contact.attributes, chat.now(), message.text):
            await follow(chat, route)
            return
        chat.state.misses += 1
        if chat.state.misses >= triage.tries:
            await follow(chat, triage.otherwise)
        else:
            await chat.say(triage.unknown)

    return board


async def follow(chat: Triaging, route: Route) -> None:
    """Gives the chat away. Nothing may be said before another bot's first turn: it begins with this one."""
    if route.hand_off is not None:
        await route.hand_off.perform(chat)
    else:
        chat.state.bot = route.bot or ""


def _destinations(triage: Triage, given: Mapping[str, Bot[Any, Any]]) -> Mapping[str, Bot[Any, Any]]:
    names = {route.bot for route in (*triage.rules, triage.otherwise) if route.bot}
    return {name: given.get(name) or found(name) for name in sorted(names)}


def found(name: str) -> Bot[Any, Any]:
    """The installed bot of that name, or the one at ``module:name``, ready to serve.

    Raises:
        RegistrationError: there is none, or it cannot be served.
    """
    try:
        return load(name)
    except ChatAgentError as error:
        raise RegistrationError(f"triage.toml: {error}") from error


bot = declared("triage", Triage, build)
