"""The bot that the workers serve: it numbers its replies, sums up what it was told, and signs.

Each reply is ``MESSAGE.PART SUM WORKER``. A plain message gets two parts, and the sum of all plain messages is the
chat's durable state; three messages that belong together are one durable dialog with a sum of its own. So a reply that
is lost, doubled, swapped, or made from a forgotten or repeated turn can be told from the transcript alone. It knows
nothing of faults.
"""

import os

from pydantic import BaseModel

from agent import Bot, Chat, Message, regex

SPEAKER = os.environ.get("CLUSTER_SPEAKER", "nobody")
PLAIN = regex(r"plain (?P<number>\d+)")
TRIO = regex(r"trio (?P<number>\d+)")


class Sum(BaseModel):
    """What plain messages have added up to."""

    total: int = 0


bot: Bot[object, Sum] = Bot("counting", state=Sum)


@bot.on_message(PLAIN)
async def count(chat: Chat[object, Sum], message: Message) -> None:
    """Two parts, so that a worker may die between them."""
    number = int(chat.bound(PLAIN)["number"])
    chat.state.total += number
    await chat.say(reply(number, 1, chat.state.total))
    await chat.say(reply(number, 2, chat.state.total))


@bot.dialog(TRIO, name="trio")
async def trio(chat: Chat[object, Sum]) -> None:
    """Its second and third message are answers: the worker that reads them need not be the one that asked."""
    first = int(chat.bound(TRIO)["number"])
    second = await chat.ask(reply(first, 1, first), int, key="second")
    third = await chat.ask(reply(second, 1, first + second), int, key="third")
    await chat.say(reply(third, 1, first + second + third))


def reply(number: int, part: int, total: int) -> str:
    """One reply, as it stands in the transcript."""
    return f"{number}.{part} {total} {SPEAKER}"
