"""The workbench over a real local Amazon Connect: a bot on a chat, taken up earlier, by another build."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from agent import Bot, Chat, Message
from agent.cli.devloop.code import AuthorsCode
from agent.cli.devloop.succession import Succession
from agent.cli.devloop.trouble import Stage
from agent.cli.devloop.workbench import AuthorsWorkbench
from agent.cli.local import local_connect, worker_on
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.rostering import ServedBot
from agent.emulator import Emulator
from agent.emulator.errors import ServiceError
from agent.emulator.happenings import Happening, ItemPublished
from agent.telemetry import Happening as Told

BOUND = 60


def shop(farewell: str = "Done", *, question: str = "Which size?", name: str = "shop") -> Bot[Any, Any]:
    """A build of the same bot."""
    bot = Bot(name)

    @bot.on_join
    async def greet(chat: Chat) -> None:
        await chat.say("Hello")

    @bot.dialog("order")
    async def order(chat: Chat) -> None:
        size = await chat.ask(question, int)
        await chat.say(f"{size}. {farewell}")

    @bot.on_message("fail")
    async def fail(chat: Chat, message: Message) -> None:
        raise ValueError("as asked")

    return bot


class Work:
    """A chat, its bot and the bench."""

    def __init__(self, connect: Emulator, bench: AuthorsWorkbench, succession: Succession) -> None:
        self.connect, self.bench, self.succession = connect, bench, succession
        self.contact = str(connect.start_chat(connected=True)["ContactId"])
        self._changed = anyio.Event()
        connect.region.listeners.append(self._wake)
        connect.timeline.followers.append(lambda entry: self.wake())

    def _wake(self, happening: Happening) -> None:
        if isinstance(happening, ItemPublished):
            self.wake()

    def wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    def said(self, contact: str | None = None) -> list[str]:
        items = self.connect.transcript(contact or self.contact)
        return [
            str(item["Content"]) for item in items if item["Type"] == "MESSAGE" and item["ParticipantRole"] != "SYSTEM"
        ]

    async def until(self, condition: Any) -> None:
        with anyio.fail_after(BOUND):
            while not condition():
                await self._changed.wait()

    async def says(self, text: str, answer: str, contact: str | None = None) -> str:
        """The customer's message, once it is answered; its id."""
        chat = self.connect.region.chat(contact or self.contact)
        before = self.said(contact).count(answer)
        item = chat.publish_message(chat.customer, "text/plain", text)
        await self.until(lambda: self.said(contact).count(answer) > before)
        return str(item["Id"])

    async def serves(self, bot: Bot[Any, Any], build: int) -> None:
        self.succession.succeed(bot)
        await self.until(lambda: self.bench.state()["build"] == build)


@asynccontextmanager
async def working(folder: Path) -> AsyncIterator[Work]:
    """The first build serves one chat, and has greeted."""
    async with local_connect() as connect:
        bench = AuthorsWorkbench("shop:bot", AuthorsCode(folder), connect=connect, clock=SystemClock())

        def opened(build: ServedBot) -> Any:
            bench.store.bot = build.name
            return worker_on(connect, Configuration(), build, store=bench.store, report=bench.heard)

        succession = Succession(opened, began=bench.serving, failed=lambda error: bench.failed(error, Stage.START))
        async with anyio.create_task_group() as group:
            work = Work(connect, bench, succession)
            group.start_soon(succession.run, shop())
            await work.until(lambda: work.said() == ["Hello"])
            yield work
            succession.stop()


async def test_going_back_gives_another_chat_as_it_was_then(tmp_path: Path) -> None:
    """What was said until then and the dialog's place in it; the new code goes on, the old chat is left alone."""
    async with working(tmp_path) as work:
        await work.says("order", "Which size?")
        answer = await work.says("42", "42. Done")
        await work.serves(shop("Thanks"), 2)
        begun = work.bench.go_back(work.contact, answer)
        assert (begun["Said"], begun["Name"]) == ("42", "Customer")
        again = begun["ContactId"]
        work.connect.call("CreateParticipantConnection", {"ConnectParticipant": True}, bearer=begun["ParticipantToken"])
        await work.says("43", "43. Thanks", again)
        assert work.said(again) == ["Hello", "order", "Which size?", "43", "43. Thanks"]
        assert work.said() == ["Hello", "order", "Which size?", "42", "42. Done"]


async def test_one_can_go_back_from_a_chat_that_was_gone_back_to(tmp_path: Path) -> None:
    """Its past is the first chat's."""
    async with working(tmp_path) as work:
        order = await work.says("order", "Which size?")
        answer = await work.says("42", "42. Done")
        again = work.bench.go_back(work.contact, answer)["ContactId"]
        assert work.said(again) == ["Hello", "order", "Which size?"]
        twice = work.bench.go_back(again, order)["ContactId"]
        assert work.said(twice) == ["Hello"]


async def test_what_cannot_be_gone_back_to_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """A message of the bot's, one that is not there, and a chat on which the bot never was."""
    async with working(tmp_path) as work:
        greeting = work.connect.transcript(work.contact)[-1]["Id"]
        for wrong in (greeting, "nothing"):
            with pytest.raises(ServiceError, match="no such message"):
                work.bench.go_back(work.contact, wrong)
        lonely = work.connect.start_chat(flow_id="no-bot", connected=True)["ContactId"]
        chat = work.connect.region.chat(lonely)
        item = chat.publish_message(chat.customer, "text/plain", "anybody?")
        with pytest.raises(ServiceError, match="Nobody remembers"):
            work.bench.go_back(lonely, item["Id"])


async def test_a_bot_under_another_name_goes_on_with_its_chats(tmp_path: Path) -> None:
    """The name is part of the code that is being changed."""
    async with working(tmp_path) as work:
        await work.says("order", "Which size?")
        await work.serves(shop("Bye", name="store"), 2)
        await work.says("42", "42. Bye")


async def test_a_dialog_that_no_longer_matches_is_told_when_the_build_serves(tmp_path: Path) -> None:
    """Before any customer writes; a mended build takes the words away."""
    async with working(tmp_path) as work:
        await work.says("order", "Which size?")
        await work.serves(shop(question="What size?"), 2)
        await work.until(lambda: work.bench.state()["trouble"] is not None)
        trouble = work.bench.state()["trouble"]
        assert (trouble["stage"], trouble["error"], trouble["contact"]) == ("replay", "ReplayMismatch", work.contact)
        assert "expected ask" in trouble["sentence"]
        await work.serves(shop(), 3)
        assert work.bench.state()["trouble"] is None


async def test_a_turn_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the state, in the timeline and on the terminal."""
    async with working(tmp_path) as work:
        chat = work.connect.region.chat(work.contact)
        chat.publish_message(chat.customer, "text/plain", "fail")
        await work.until(lambda: work.bench.state()["trouble"] is not None)
        assert work.bench.state()["trouble"]["sentence"] == "ValueError: as asked"
        entry = next(entry for entry in work.connect.timeline.entries() if entry.kind == "error")
        assert entry.contact_id == work.contact
        assert "ValueError: as asked" in capsys.readouterr().err
        work.bench.heard(Told(name="turn.failed"))
        assert work.bench.state()["trouble"]["number"] == 1
