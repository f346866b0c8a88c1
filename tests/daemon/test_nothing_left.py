"""What a whole worker keeps in memory of a chat that has ended: nothing, and that without Python's collector."""

import asyncio
import gc
import types
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from agent import Bot, Chat, Choice, Message
from agent.config import Configuration
from agent.daemon.assembly import assembled
from agent.daemon.sources import LocalSource
from agent.daemon.supervisor import Supervisor
from agent.daemon.worker import Worker
from agent.emulator import INSTANCE_ID, Emulator, emulate
from agent.emulator.participants import Role
from agent.ids import ContactId, ContactKey, Secret, instance_id
from agent.telemetry import Happening
from tests.scenarios.customer import Customer
from tests.scenarios.pulse import PATIENCE, Pulse

pytestmark = pytest.mark.timeout(3 * PATIENCE)

ROOMS = ("agent.aws", "agent.bot", "agent.ids", "agent.ports", "agent.record", "agent.session", "agent.wire")
"""Where what is said, and what opens a chat, is kept; of the daemon, its children."""
LIBRARIES = ("websockets.client", "websockets.asyncio", "websockets.uri", "httptools")
STAYS = {"ContactKey", "Deadline"}
"""Ids, which are no secret: a timer that a connection set within a turn keeps that turn's for some seconds. A deadline
that was taken back has its place until its time, and holds nobody (`tests/session/test_deadlines.py`)."""


def _bot() -> Bot[Any, Any]:
    bot = Bot("mine", turns="interrupt")

    @bot.on_join
    async def greet(chat: Chat) -> None:
        await chat.say("hello")

    @bot.dialog("order")
    async def order(chat: Chat) -> None:
        await chat.ask("size", int)
        await chat.choose("when", [Choice("today"), Choice("tomorrow")])

    @bot.on_message("bad")
    async def fail(chat: Chat, message: Message) -> None:
        raise ValueError(message.text)

    @bot.on_message("bye")
    async def leave(chat: Chat, message: Message) -> None:
        await chat.hand_off(say="bye")

    @bot.on_message("later")
    async def later(chat: Chat, message: Message) -> None:
        chat.later(3600, "soon", message.text)
        await chat.say("later")

    @bot.on_timer("soon")
    async def soon(chat: Chat, payload: str) -> None:
        await chat.say(payload)

    @bot.on_message("stuck")
    async def stick(chat: Chat, message: Message) -> None:
        await chat.say("stuck")
        await asyncio.Event().wait()

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    return bot


@dataclass
class Scene:
    """A worker, and a customer whose chat it serves."""

    connect: Emulator
    worker: Worker
    pulse: Pulse
    customer: Customer

    async def hears(self, *texts: str) -> None:
        """The customer says each, and waits for what the bot says to it."""
        for text in texts:
            before = len(self.customer.bot_lines())
            self.customer.says(text)
            await self.pulse.until(lambda known=before: len(self.customer.bot_lines()) > known)  # type: ignore[misc]

    @property
    def contact(self) -> str:
        return self.customer.contact_id

    @property
    def key(self) -> ContactKey:
        return ContactKey(instance_id(INSTANCE_ID), ContactId(self.contact))

    @property
    def supervisor(self) -> Supervisor:
        assert self.worker.supervisor
        return self.worker.supervisor

    async def over(self) -> None:
        """The chat is not served any more, and all that its end set going has come to its own."""
        with anyio.fail_after(PATIENCE):
            await self.supervisor.gone(self.key)
        await asyncio.get_running_loop().create_task(anyio.lowlevel.checkpoint())


async def _leaves(scene: Scene) -> None:
    await scene.hears("a word")
    scene.customer.leaves()


async def _leaves_in_a_dialog(scene: Scene) -> None:
    await scene.hears("order", "7")
    scene.customer.leaves()


async def _leaves_in_a_turn(scene: Scene) -> None:
    await scene.hears("stuck")
    scene.customer.leaves()


async def _interrupts(scene: Scene) -> None:
    await scene.hears("stuck", "a word")
    scene.customer.leaves()


async def _meets_a_bug(scene: Scene) -> None:
    await scene.hears("bad")
    scene.customer.leaves()


async def _leaves_a_timer(scene: Scene) -> None:
    await scene.hears("later")
    scene.customer.leaves()


async def _loses_a_socket(scene: Scene) -> None:
    await scene.hears("a word")
    scene.connect.close_sockets(scene.contact, 1006, role=Role.CUSTOM_BOT)
    await scene.hears("another")
    scene.customer.leaves()


async def _outlives_a_token(scene: Scene) -> None:
    scene.connect.expire_tokens(scene.contact, Role.CUSTOM_BOT)
    await scene.hears("a word")
    scene.customer.leaves()


async def _is_handed_off(scene: Scene) -> None:
    await scene.hears("bye")


async def _meets_an_agent(scene: Scene) -> None:
    await scene.hears("stuck")
    scene.connect.agent_joins(scene.contact)


async def _is_moved(scene: Scene) -> None:
    await scene.hears("order")
    scene.supervisor.move(scene.key, away_for=PATIENCE)


async def _is_lost(scene: Scene) -> None:
    await scene.hears("stuck")
    child = scene.supervisor.child(scene.key)
    assert child
    child.lose()


ENDS = [
    *(_leaves, _leaves_in_a_dialog, _leaves_in_a_turn, _interrupts, _meets_a_bug, _leaves_a_timer, _loses_a_socket),
    *(_outlives_a_token, _is_handed_off, _meets_an_agent, _is_moved, _is_lost),
]


@asynccontextmanager
async def served(directory: Path, **settings: dict[str, Any]) -> AsyncIterator[Callable[[], Awaitable[Scene]]]:
    """A worker; what is yielded brings one customer more."""
    pulse, bot = Pulse(), _bot()

    def report(happening: Happening) -> None:
        pulse.beat()

    async with emulate() as connect, anyio.create_task_group() as group:
        connect.timeline.followers.append(pulse.beat)
        kept = {"kind": "sqlite", "path": str(directory / "kept.sqlite3")}
        chosen = Configuration(worker={"lease": 300}, connect={"endpoint_url": connect.url}, store=kept, **settings)  # type: ignore[arg-type]
        source = LocalSource(connect.url, random=Random(1), report=report)
        async with assembled(chosen, bot, bot, source=source, report=report) as assembly:
            await group.start(assembly.worker.run)

            async def another() -> Scene:
                started = connect.start_chat()
                wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
                answer = connect.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
                tokens = started["ParticipantToken"], answer["ConnectionCredentials"]["ConnectionToken"]
                customer = Customer(connect, pulse, started["ContactId"], *tokens)
                await customer.sees("hello")
                return Scene(connect, assembly.worker, pulse, customer)

            yield another
            assembly.worker.stop()


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The collector rests, so that what it would find is still there."""
    gc.collect()
    gc.freeze()  # nor does what was there before take the time of a look
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def _held() -> Counter[str]:
    """All that is in memory of what chats are made of, and the frames of their code, by name."""
    found: Counter[str] = Counter()
    for one in gc.get_objects():
        kind = type(one)
        module = kind.__module__ if isinstance(kind.__module__, str) else ""
        if module.startswith((*ROOMS, *LIBRARIES, "agent.daemon.child")) and kind.__name__ not in STAYS:
            found[f"{module}.{kind.__qualname__}"] += 1
        elif kind is types.FrameType and one.f_globals.get("__name__", "").startswith(ROOMS):
            found[f"a frame of {one.f_code.co_qualname}"] += 1
    return found


@pytest.mark.parametrize("ends", ENDS)
async def test_an_ended_chat_is_gone_without_the_collector(
    ends: Callable[[Scene], Awaitable[None]], uncollected: None, tmp_path: Path
) -> None:
    """Tokens, signed addresses and customers' words leave memory with their chat, not when Python looks for circles."""
    async with served(tmp_path) as another:

        async def one() -> None:
            scene = await another()
            await ends(scene)
            await scene.over()

        await one()  # what all chats share is made with the first
        before = _held()
        await one()
        assert _held() - before == Counter()


def test_what_lingers_is_found() -> None:
    """The search sees a token in a list, and a frame that an error holds."""
    before = _held()
    kept = [Secret("one"), Secret("two")]
    assert (_held() - before)["agent.ids.Secret"] == len(kept)
