"""A worker is gone in the middle of dialogs, and another goes on: real processes, one store, the real wire."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
import pytest

from agent.emulator import Emulator, emulate
from tests.aws.dynamodb.tables import made_table
from tests.aws.moto import CREDENTIALS, Moto
from tests.cli.conftest import Running
from tests.scenarios import unlucky
from tests.scenarios.customer import Customer
from tests.scenarios.pulse import PATIENCE, Pulse

pytestmark = pytest.mark.processes

ASKED, NOTED, WHOLE = 1, 3, 4
"""How many lines the bot has said when it asked, when it asked once more, and when all is done."""


@dataclass
class Site:
    """A local Amazon Connect in this process, and the programs that serve its chats."""

    connect: Emulator
    pulse: Pulse
    directory: Path
    variables: dict[str, str]
    stack: AsyncExitStack
    customers: list[Customer] = field(default_factory=list)

    def worker(self, **variables: str) -> Running:
        """A process, killed at the end."""
        foreign = ("CHAT_AGENT_", "AWS_", "XDG_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        home = {"HOME": str(self.directory), "XDG_STATE_HOME": str(self.directory)}
        arguments = ("run", "unlucky:bot", "--source", "local", "--endpoint-url", self.connect.url)
        worker = Running(*arguments, cwd=self.directory, env={**kept, **home, **self.variables, **variables})
        self.stack.callback(worker.close)
        return worker

    def customer(self) -> Customer:
        """Somebody who is on the chat."""
        answer = self.connect.start_chat()
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = self.connect.call("CreateParticipantConnection", wanted, bearer=answer["ParticipantToken"])
        token = connection["ConnectionCredentials"]["ConnectionToken"]
        return Customer(self.connect, self.pulse, answer["ContactId"], answer["ParticipantToken"], token)

    async def asks(self, customer: Customer, *answers: str) -> None:
        """The customer orders, and answers so far."""
        for number, text in enumerate(("order", *answers)):
            customer.says(text)
            if number < len(answers):
                await self.heard(customer, (ASKED, NOTED)[number])

    async def heard(self, customer: Customer, lines: int) -> None:
        """The bot has said so many lines."""
        await self.pulse.until(lambda: len(customer.bot_lines()) >= lines, lambda: str(customer.bot_lines()))

    def placed(self) -> list[tuple[str, str]]:
        """For each call of the step: the size and the key."""
        lines = (self.directory / "placed").read_text(encoding="utf-8").splitlines()
        return [(size, key) for size, _, key in (line.partition(" ") for line in lines)]


@asynccontextmanager
async def _site(directory: Path, **variables: str) -> AsyncIterator[Site]:
    shutil.copy(unlucky.__file__, directory)
    pulse = Pulse()
    async with emulate() as connect, AsyncExitStack() as stack:
        connect.timeline.followers.append(pulse.beat)
        yield Site(connect, pulse, directory, variables, stack)


@pytest.fixture(params=["sqlite", "dynamodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What the workers are told of the store that they share."""
    if request.param == "sqlite":
        return {}
    moto: Moto = request.getfixturevalue("moto")
    table = made_table(moto).table
    names = {"KIND": "dynamodb", "TABLE": table, "ENDPOINT_URL": moto.url, "CALL_TIMEOUT": "30", "PATIENCE": "30"}
    return {**CREDENTIALS, **{f"CHAT_AGENT_STORE__{name}": value for name, value in names.items()}}


async def test_what_a_killed_worker_left_in_the_middle_is_finished_once_by_another(
    store: dict[str, str], tmp_path: Path
) -> None:
    """Killed after a say, between two questions, in a step and at rest: the customers notice nothing but a pause."""
    async with _site(tmp_path, **store) as site:
        killed = site.worker(UNLUCKY="1")
        amid_a_turn, amid_a_dialog, amid_a_step, at_rest = customers = [site.customer() for _ in range(4)]
        await site.asks(at_rest, "4", "blue")
        await site.heard(at_rest, WHOLE)
        await site.asks(amid_a_dialog, "2")
        await site.heard(amid_a_dialog, NOTED)
        await site.asks(amid_a_turn, "1")
        await site.asks(amid_a_step, "3", "green")
        await _logged(killed, "stopped after a say", "stopped in a step")
        other = site.worker()
        await _logged(other, "worker.serving")
        killed.signal(signal.SIGKILL)
        amid_a_dialog.says("red")
        at_rest.says("order")
        await site.heard(amid_a_turn, NOTED)
        amid_a_turn.says("red")
        for customer in (amid_a_turn, amid_a_dialog, amid_a_step):
            await site.heard(customer, WHOLE)
        await site.heard(at_rest, WHOLE + 1)
        assert [_words(customer) for customer in customers] == [
            _dialog("1", "red"),
            _dialog("2", "red"),
            _dialog("3", "green"),
            [*_dialog("4", "blue"), "order", "Which size?"],
        ]
        assert [_joins(customer) for customer in customers] == [1] * 4
        calls = Counter(site.placed())
        assert sorted((size, times) for (size, _), times in calls.items()) == [("1", 1), ("2", 1), ("3", 2), ("4", 1)]


async def test_a_worker_that_was_stopped_past_its_lease_says_nothing_when_it_wakes(tmp_path: Path) -> None:
    """By then another has gone on with its chat, in the middle of the turn."""
    async with _site(tmp_path, CHAT_AGENT_WORKER__LEASE="4") as site:
        stopped = site.worker(UNLUCKY="1")
        customer = site.customer()
        await site.asks(customer, "1")
        await _logged(stopped, "stopped after a say")
        other = site.worker()
        await _logged(other, "worker.serving")
        stopped.signal(signal.SIGSTOP)
        await site.heard(customer, NOTED)
        (tmp_path / "go").touch()
        stopped.signal(signal.SIGCONT)
        await _logged(stopped, "lease.lapsed")
        customer.says("red")
        await site.heard(customer, WHOLE)
        assert _words(customer) == _dialog("1", "red")
        assert _joins(customer) == 1


def _dialog(size: str, colour: str) -> list[str]:
    """All that is said, by both sides."""
    return ["order", "Which size?", size, f"Noted {size}.", "Which colour?", colour, f"No. {size}, {colour}."]


def _words(customer: Customer) -> list[str]:
    return [item["Content"] for item in customer.messages() if item["ParticipantRole"] != "SYSTEM"]


def _joins(customer: Customer) -> int:
    return customer.events().count(("participant.joined", "CUSTOM_BOT"))


async def _logged(worker: Running, *texts: str) -> None:
    with anyio.fail_after(PATIENCE):
        for text in texts:
            await anyio.to_thread.run_sync(worker.logged, text)
