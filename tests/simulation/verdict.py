"""What must hold after every story, whatever the weather was. Each violation is one sentence."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from agent.errors import TurnTimeout
from agent.record import ContactRecord
from agent.session.conversation import Overlap
from tests.simulation.bots import GREETING, reminder, tag
from tests.simulation.orders import ORDER
from tests.simulation.world import SECRET, Chat, Outcome

LATER_VERSION = " v2"
LARGEST = 20_000
"""Bytes: two ledgers of 64 positions each, and little else."""


def violations(outcome: Outcome) -> list[str]:
    """Every promise broken in this story."""
    return [*outcome.more, *_of_chats(outcome), *_of_the_worker(outcome)]


def _of_the_worker(outcome: Outcome) -> Iterator[str]:
    if outcome.open_sockets:
        yield f"{outcome.open_sockets} sockets were left open"
    if outcome.tasks_left:
        yield f"{outcome.tasks_left} tasks were left"
    secrets = [SECRET, *(chat.token for chat in outcome.chats), *(chat.participant_token for chat in outcome.chats)]
    told = " ".join(f"{happening} {happening.error!r} {happening.error}" for happening in outcome.happenings)
    for secret in secrets:
        if secret in told:
            yield "a token or a customer's words were reported"
    if outcome.stuck:
        yield f"{len(outcome.stuck)} messages or timers were never handled although the weather was calm"


def _of_chats(outcome: Outcome) -> Iterator[str]:
    for chat in outcome.chats:
        record = outcome.records.get(chat.contact_id)
        if record is not None and outcome.traced:
            turns: list[dict[str, Any]] = json.loads(record.state or b"[]")
            yield from _of_turns(outcome, chat, turns)
            yield from _of_size(record)
            yield from _of_replies(outcome, chat, record, turns)


def _of_size(record: ContactRecord) -> Iterator[str]:
    """What is remembered of a chat does not grow with it, except by the bot's own state."""
    if (size := len(record.encode()) - len(record.state)) > LARGEST:
        yield f"a record of {size} bytes"


def _of_turns(outcome: Outcome, chat: Chat, turns: list[dict[str, Any]]) -> Iterator[str]:
    """Every message is handled by exactly one committed turn, in order."""
    handled = [item for turn in turns for item in turn["items"]]
    if outcome.bot.overlap is Overlap.INTERRUPT:
        handled = list(dict.fromkeys(handled))
    if len(set(handled)) != len(handled):
        yield f"a message was handled twice: {handled}"
    if not outcome.lonely and handled != [item for item in chat.said if item in set(handled)]:
        yield f"messages were handled out of order: {handled} of {chat.said}"
    timers = [turn["timer"] for turn in turns if turn["timer"]]
    if len(set(timers)) != len(timers):
        yield f"a timer went off twice: {timers}"
    if sum(turn["trigger"] == "joined" for turn in turns) > 1:
        yield "the customer was greeted by two turns"


def _of_replies(outcome: Outcome, chat: Chat, record: ContactRecord, turns: list[dict[str, Any]]) -> Iterator[str]:
    """Every reply stands in the transcript exactly once, in order, and none after an agent joined."""
    items = outcome.region.chat(chat.contact_id).transcript.items
    lines = [item["Content"] for item in items if item.get("ParticipantRole") == "CUSTOM_BOT" and item.get("Content")]
    lines = [line.removesuffix(LATER_VERSION) for line in lines]
    if len(set(lines)) != len(lines):
        yield f"a reply was said twice: {lines}"
    lines = [line for line in lines if not line.startswith(ORDER)]
    if outcome.bot.overlap is Overlap.QUEUE:
        late = _ran_out_of_time(outcome)
        expected = [line for line, turn in _expected(turns, outcome.bot.says) if turn not in late or line in lines]
        extra = list((Counter(lines) - Counter(expected)).elements())
        if Counter(expected) - Counter(lines):
            yield f"the replies are {lines}, not {expected}"
        elif not outcome.lonely and lines[: len(expected)] != expected:
            yield f"the replies are out of order: {lines}, not {expected}"
        elif outcome.ended_in_calm and extra:
            yield f"replies of no committed turn: {extra}"


def _ran_out_of_time(outcome: Outcome) -> set[str]:
    """Turns that could not say everything: a worker may be cut off from Amazon Connect for longer than a turn takes."""
    failed = (each for each in outcome.happenings if each.name == "turn.failed" and isinstance(each.error, TurnTimeout))
    return {str(each.fields["turn"]) for each in failed}


def _expected(turns: list[dict[str, Any]], says: int) -> Iterator[tuple[str, str]]:
    """Each line, and the turn by whose lack of time it may be missing, if any."""
    for turn in turns:
        if turn["trigger"] == "joined":
            yield GREETING, ""
        elif turn["trigger"] == "timer":
            yield reminder(turn["timer"]), ""
        elif turn["trigger"] == "items":
            yield from ((tag(turn["items"][-1], number), turn["items"][0]) for number in range(says))
            if turn["says"] == 0:
                yield f"sorry {turn['items'][-1]}", ""
