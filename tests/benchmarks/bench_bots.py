"""What the bot floor costs: ``python -m tests.benchmarks.bench_bots``.

Replaying a dialog of 50 questions, routing among 200 handlers, parking 10,000 dialogs. Times are CPU times of this
machine; beside each stands its ratio to a plain Python loop of known size, which travels better.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from agent import Bot, Chat, Message, regex, words
from agent.bot.conversation import BotConversation
from agent.clock import LoopClock
from agent.ids import ContactId, ContactKey, InstanceId, ItemId, ParticipantId
from agent.ports import Sent
from agent.record import Timer
from agent.session.conversation import Contact, Trigger
from agent.wire.content import Role
from agent.wire.items import Item, Sender

QUESTIONS = 50
HANDLERS = 200
DIALOGS = 10_000


class Turn:
    """A turn whose sends go nowhere."""

    repeated = False
    over = None

    def __init__(self, contact: Contact, number: int, text: str | None, journal: bytes = b"") -> None:
        self.id = f"turn-{number}"
        self.trigger = Trigger.JOINED if text is None else Trigger.ITEMS
        self.items: Sequence[Item] = () if text is None else (message(text),)
        self.timer: Timer | None = None
        self.contact = contact
        self.state = b""
        self.journal = journal
        self.timers: dict[str, Timer] = {}
        self.clock = LoopClock()

    async def send(self, content: str, *, content_type: str) -> Sequence[Sent]:
        return ()

    async def typing(self) -> None: ...

    async def checkpoint(self) -> None: ...

    async def set_attributes(self, attributes: object) -> None: ...

    async def history(self) -> Sequence[Item]:
        return ()

    async def leave(self) -> None: ...


def message(text: str) -> Message:
    sender = Sender(participant_id=ParticipantId("p"), role=Role.CUSTOMER)
    return Message(id=ItemId("i"), absolute_time="2026-01-01T00:00:00.000Z", sender=sender, content=text)


def contact() -> Contact:
    key = ContactKey(InstanceId("i"), ContactId("c"))
    return Contact(key=key, initial_contact_id=key.contact_id, participant_id=ParticipantId("p"), display_name="bench")


def yardstick() -> float:
    """CPU seconds of a loop of 100,000 additions."""
    begun = time.process_time()
    total = 0
    for number in range(100_000):
        total += number
    return time.process_time() - begun


def interview() -> Bot:
    bot = Bot("interview")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        for number in range(QUESTIONS):
            await chat.say(f"Number {number}.")
            await chat.ask("How many?", int, key=f"q{number}")
        await chat.ask("That's all?")

    return bot


async def conversation(bot: Bot, *texts: str) -> bytes:
    talk, journal = bot.converse(contact()), b""
    for number, text in enumerate(texts):
        turn = Turn(contact(), number, text, journal)
        await talk.turn(turn)
        journal = turn.journal
    return journal


async def replay() -> float:
    """CPU seconds to take over a dialog after 50 answered questions, and to hear the next message."""
    bot = interview()
    journal = await conversation(bot, "start", *map(str, range(QUESTIONS)))
    rounds = 50
    begun = time.process_time()
    for _ in range(rounds):
        await bot.converse(contact()).turn(Turn(contact(), 1_000, "yes", journal))
    return (time.process_time() - begun) / rounds


async def routing() -> float:
    """CPU seconds to find the handler of a message, on average over all of them; one in ten is a pattern."""
    bot = Bot("many")

    def handler() -> Callable[[Chat, Message], Awaitable[None]]:
        async def handle(chat: Chat, message: Message) -> None: ...

        return handle

    for number in range(HANDLERS):
        bot.on_message(regex(f"^number{number}$") if number % 10 == 0 else words(f"number {number}"))(handler())
    bot.on_message()(handler())
    lane, someone = bot.routes.messages, contact()
    messages = [message(f"Number {number}") for number in range(HANDLERS)] + [message("something else")] * 20
    Random(1).shuffle(messages)
    rounds = 50
    begun = time.process_time()
    for _ in range(rounds):
        for one in messages:
            lane.first(one, someone)
    return (time.process_time() - begun) / rounds / len(messages)


async def parked() -> float:
    """Bytes of memory per dialog that waits, journal included."""
    bot = Bot("parked")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        name = await chat.ask("Who?")
        await chat.ask(f"And what, {name}?", key="what")

    await conversation(bot, "start", "Ana")
    someone = contact()
    kept: list[tuple[BotConversation, bytes]] = []
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(DIALOGS):
        talk_, journal = bot.converse(someone), b""
        for number, text in enumerate(("start", "Ana")):
            turn = Turn(someone, number, text, journal)
            await talk_.turn(turn)
            journal = turn.journal
        kept.append((talk_, journal))
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / len(kept)


async def main() -> None:
    unit = min(yardstick() for _ in range(5))
    print(f"{'yardstick':<24}{unit * 1e3:8.2f} ms")
    for name, seconds, wanted in (
        (f"replay of {QUESTIONS} questions", await replay(), 10e-3),
        (f"routing among {HANDLERS}", await routing(), 20e-6),
    ):
        share = f"{seconds / wanted:5.0%} of what is allowed"
        print(f"{name:<24}{seconds * 1e3:8.4f} ms   {seconds / unit:9.5f} yardsticks   {share}")
    size = await parked()
    print(f"{'a parked dialog':<24}{size:8.0f} bytes {'':22}{size / 6_000:5.0%} of what is allowed")


if __name__ == "__main__":
    asyncio.run(main())
