"""A thousand chats lose their sockets at the same instant, and Amazon Connect enforces its quotas."""

from random import Random

import anyio
import pytest

from agent.aws.connect import BotoConnect
from agent.aws.participant import BotoParticipant
from agent.clock import LoopClock
from agent.daemon.bucket import Rate
from agent.daemon.pacing import QuotaPacer
from agent.emulator import INSTANCE_ID, Operations, Region, Settings
from agent.emulator.driver import Driver
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.ports import Operation
from agent.record import ContactRecord
from agent.session.conversation import Turn
from agent.session.session import Session
from agent.session.surroundings import Ports, SessionSettings
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.testing.inmemory import InMemoryCalls, InMemorySockets
from agent.testing.virtual import run_virtually
from tests.scenarios.stage import ScriptedBot

CHATS = 1000
WAITING = 50
RATES = {
    Operation.CREATE_PARTICIPANT: Rate(rate=5, burst=8),
    Operation.CREATE_PARTICIPANT_CONNECTION: Rate(rate=6, burst=9),
    Operation.SEND_MESSAGE: Rate(rate=10, burst=15),
    Operation.SEND_EVENT: Rate(rate=10, burst=15),
    Operation.GET_TRANSCRIPT: Rate(rate=8, burst=12),
    Operation.DISCONNECT_PARTICIPANT: Rate(rate=3, burst=5),
}
WORKER = WorkerId("worker")


class Shop:
    """A thousand chats of one instance, all joined."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.region = Region(settings=Settings(seed=1, timeline_length=0), clock=self.clock, random=Random(1))
        self.operations = Operations(self.region)
        self.store = MemoryStore(self.clock)
        self.happenings: list[tuple[float, Happening]] = []
        self.chats: list[tuple[str, str]] = []
        self.release = anyio.Event()

    async def think(self, turn: Turn, text: str) -> None:
        if text == "first":
            await self.release.wait()

    def open_chat(self) -> None:
        details = {"DisplayName": "Ana"}
        params = {"InstanceId": INSTANCE_ID, "ContactFlowId": "default", "ParticipantDetails": details}
        started = self.operations.call("StartChatContact", params)
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        answer = self.operations.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        self.chats.append((started["ContactId"], answer["ConnectionCredentials"]["ConnectionToken"]))

    def ports(self) -> Ports:
        calls = InMemoryCalls(self.operations, latency=lambda: 0.04)
        return Ports(
            connect=BotoConnect(calls),
            participant=BotoParticipant(calls),
            sockets=InMemorySockets(self.region, latency=lambda: 0.04),
            store=self.store,
            pacer=QuotaPacer(RATES, clock=self.clock),
            clock=self.clock,
            random=Random(2),
            report=lambda happening: self.happenings.append((self.clock.monotonic(), happening)),
        )

    async def session(self, contact_id: str, ports: Ports) -> Session:
        key = ContactKey(instance_id(INSTANCE_ID), ContactId(contact_id))
        fresh = ContactRecord(key=key, bot="b", display_name="Helper")
        record = await self.store.claim(fresh, owner=WORKER)
        settings = SessionSettings(typing_after=None, turn_timeout=1e6)
        return Session(record, ScriptedBot(reply=self.think), ports=ports, settings=settings)

    def says(self, number: int, text: str) -> None:
        params = {"ContentType": "text/plain", "Content": text}
        self.operations.call("SendMessage", params, bearer=self.chats[number][1])

    def lose_all_sockets(self) -> None:
        for chat in self.region.chats():
            for participant in chat.participants.values():
                for connection in list(participant.connections):
                    connection.close(1006)

    def subscribed_since(self, moment: float) -> list[str]:
        return [
            happening.contact.contact_id
            for at, happening in self.happenings
            if at > moment and happening.name == "link.subscribed" and happening.contact
        ]


async def _storm() -> tuple[list[str], list[str], int]:
    shop = Shop()
    await shop.store.heartbeat(WORKER, ttl=1e9)
    driver = Driver(shop.region)
    driver.start()
    for _ in range(CHATS):
        shop.open_chat()
    ports = shop.ports()
    async with anyio.create_task_group() as group:
        for contact_id, _ in shop.chats:
            group.start_soon((await shop.session(contact_id, ports)).run)
        await anyio.sleep(400)
        waiting = range(CHATS - WAITING, CHATS)
        for number in waiting:
            shop.says(number, "first")
        await anyio.sleep(5)
        for number in waiting:
            shop.says(number, "second")
        await anyio.sleep(5)
        shop.region.quotas.enforced = True
        began = shop.clock.monotonic()
        shop.lose_all_sockets()
        await anyio.sleep(CHATS / 6 + 30)
        order = shop.subscribed_since(began)
        throttled = sum(1 for at, happening in shop.happenings if at > began and happening.name == "call.repeated")
        group.cancel_scope.cancel()
    driver.stop()
    return order, [shop.chats[number][0] for number in waiting], throttled


@pytest.mark.timeout(600)
def test_a_storm_stays_within_quota_and_serves_those_who_wait_first() -> None:
    """Hardly a call is throttled, everybody is back in n/6 seconds, and customers with unanswered words are first."""
    order, waiting, throttled = run_virtually(_storm())
    assert throttled <= CHATS // 100
    assert len(set(order)) == CHATS
    assert set(waiting) <= set(order[: 2 * WAITING])
