"""Scenarios: conversations as files that replay as tests.

A scenario is what the customer does and what the bot says, one line each, as a person would write it down::

    bot: bots.echo:bot

    customer  one
    bot       one
    waits     2h
    worker    dies
    agent     joins

A longer message goes on in lines that begin with spaces. Files are made from transcripts, with what looks personal
replaced; they are played against the bot, and what comes out is compared with them. It knows no file and no pytest.
"""

import difflib
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.bot.bot import Bot
from agent.errors import ConfigurationError
from agent.testing.person import Customer
from agent.testing.room import chatting
from agent.testing.story import Line, lines

_INDENT = 10
_QUIET = 5.0
_LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Move:
    """One line of a scenario: who, and what."""

    who: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A conversation to replay. `bot` is its target, ``module:name`` or an entry point's name."""

    bot: str
    moves: tuple[Move, ...]

    def text(self) -> str:
        """The scenario as a file."""
        return "\n".join([f"bot: {self.bot}", "", *map(_row, self.moves), ""])


def _row(move: Move) -> str:
    first, *rest = move.what.split("\n")
    return "\n".join([f"{move.who:<{_INDENT}}{first}".rstrip(), *(f"{'':<{_INDENT}}{line}".rstrip() for line in rest)])


def parse(text: str) -> Scenario:
    """The scenario in a file's text.

    Raises:
        ConfigurationError: it is none; the text says which line.
    """
    head, _, body = text.partition("\n")
    key, colon, target = head.partition(":")
    if key.strip() != "bot" or not colon or not target.strip():
        raise ConfigurationError("Line 1: a scenario begins with 'bot: module:name'.")
    moves: list[Move] = []
    for number, line in enumerate(body.splitlines(), 2):
        _parse_line(number, line, moves)
    while moves and not moves[-1].what.strip():
        moves.pop()
    return Scenario(bot=target.strip(), moves=tuple(Move(move.who, move.what.rstrip("\n")) for move in moves))


def _parse_line(number: int, line: str, moves: list[Move]) -> None:
    if line.startswith("#"):
        return
    if not line.strip() or line.startswith(" "):
        if moves:
            moves[-1] = Move(moves[-1].who, f"{moves[-1].what}\n{line[_INDENT:]}")
        return
    who, _, what = line.partition(" ")
    if who != "bot" and who not in _ACTS:
        raise ConfigurationError(f"Line {number}: {who!r} is none of bot, {', '.join(_ACTS)}.")
    moves.append(Move(who, what.strip()))


# ------------------------------------------------------------------------------------- from transcripts

_PERSONAL: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"), lambda found: "someone@example.com"),
    (re.compile(r"\d(?:[ -]?\d){5,}"), lambda found: re.sub(r"\d", "0", found[0])),
)


def redacted(text: str) -> str:
    """`text` with addresses and longer numbers replaced by ones of the same shape. Names stay: read what you keep."""
    for pattern, replacement in _PERSONAL:
        text = pattern.sub(replacement, text)
    return text


def from_story(target: str, story: Sequence[Line]) -> Scenario:
    """The scenario of a transcript (see `agent.testing.story.lines`), redacted, with its longer silences."""
    moves: list[Move] = []
    before = 0.0
    for line in story:
        if not line.said or line.who not in {"bot", "customer"}:
            continue
        if line.who == "customer" and line.at - before >= _LONGEST:
            moves.append(Move("waits", f"{round(line.at - before)}s"))
        moves.append(Move(line.who, redacted(line.text)))
        before = line.at
    return Scenario(bot=target, moves=tuple(moves))


def from_transcript(target: str, transcript: str) -> Scenario:
    """The scenario of a saved transcript: the file Amazon Connect stores in S3, or a list of GetTranscript's items.

    Raises:
        ConfigurationError: it is neither.
    """
    try:
        whole: Any = json.loads(transcript)
        return from_story(target, lines(whole["Transcript"] if isinstance(whole, dict) else whole))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"This is no transcript ({type(error).__name__}).") from None


# ---------------------------------------------------------------------------------------------- playing


async def _says(customer: Customer, what: str) -> None:
    await customer.says(what)


async def _dies(customer: Customer, what: str) -> None:
    await customer.kill_worker()


async def _joins(customer: Customer, what: str) -> None:
    await customer.agent_joins()


async def _leaves(customer: Customer, what: str) -> None:
    await customer.leaves()


async def _types(customer: Customer, what: str) -> None:
    await customer.types()


async def _waits(customer: Customer, what: str) -> None:
    await customer.waits(what)


async def _happens(customer: Customer, what: str) -> None:
    await customer.happens(what)


_ACTS: Mapping[str, Callable[[Customer, str], Awaitable[None]]] = {
    "customer": _says,
    "waits": _waits,
    "types": _types,
    "event": _happens,
    "worker": _dies,
    "agent": _joins,
    "leaves": _leaves,
}


async def play(bot: Bot[Any, Any], scenario: Scenario) -> Scenario:
    """Does what the customer does in `scenario`, and writes down what the bot says: the scenario as it is now."""
    moves: list[Move] = []
    async with chatting(bot) as customer:
        heard = await _listen(customer, 0, moves)
        for move in scenario.moves:
            if move.who == "bot":
                continue
            moves.append(move)
            await _ACTS[move.who](customer, move.what)
            heard = await _listen(customer, heard, moves)
    return Scenario(bot=scenario.bot, moves=tuple(moves))


async def _listen(customer: Customer, heard: int, moves: list[Move]) -> int:
    """Waits until the bot has been quiet for a while; returns how much was heard in all."""
    before = -1
    while before < len(customer.heard):
        before = len(customer.heard)
        await customer.waits(_QUIET)
    moves.extend(Move("bot", text) for text in customer.heard[heard:])
    return before


def difference(kept: Scenario, now: Scenario) -> str:
    """What differs, as a conversation with + and - before its lines; empty when nothing does."""
    before, after = _rows(kept.moves), _rows(now.moves)
    if before == after:
        return ""
    return "\n".join(line for line in difflib.ndiff(before, after) if not line.startswith("?"))


def _rows(moves: Iterable[Move]) -> list[str]:
    return [row for move in moves for row in _row(move).split("\n")]
