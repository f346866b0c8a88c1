"""How long chats are unheard when their worker dies: ``python -m tests.benchmarks.taken_over``.

Whole workers with real sessions, and a local Amazon Connect, in one process and in virtual time: every call takes as
long as a network would, and computing takes none. So the figures are what leases, looks, claims, connections and
transcripts cost, and do not depend on the machine; `tests/benchmarks/takeover.py` shows what computing adds. One worker
joins all chats and dies just after a heartbeat, the worst moment; every customer writes then. A chat is heard again
when the answer to that stands in its transcript.

--chats N,N     how many chats (1000,5000)
--takers N      how many workers share them (2)
--lease N       seconds (15)
--network N     milliseconds that a call to Amazon Connect is on its way, each way (20)
--store N       milliseconds that a call to the store takes (5)
--out FILE      where the figures go (build/benchmarks/taken_over.json)
--page          writes the table of the last run into docs/reliability.md, measuring nothing
"""

import argparse
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import anyio
from anyio.abc import TaskGroup

from agent import Bot, Chat, Message
from agent.aws.connect import BotoConnect
from agent.aws.participant import BotoParticipant
from agent.clock import LoopClock
from agent.daemon.pacing import FreePacer
from agent.daemon.rebalancing import Rebalancing
from agent.daemon.room import Room
from agent.daemon.roster import Roster
from agent.daemon.sources import Unacknowledged
from agent.daemon.supervisor import Duty
from agent.daemon.worker import Worker, WorkerSettings
from agent.emulator import INSTANCE_ID, Operations, Region, Settings
from agent.emulator.driver import Driver
from agent.emulator.happenings import ItemPublished
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.ports import Claimable, Offer
from agent.session.session import Session
from agent.session.surroundings import Ports, SessionSettings
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.testing.inmemory import InMemoryCalls, InMemorySockets
from agent.testing.virtual import run_virtually
from tests.benchmarks.pages import ROOT, given_out, rewrite, share
from tests.simulation.mortal import Crashed, Life, MortalCalls
from tests.store.counting import CountingStore

MARK = "taken over"
QUIET = 30.0
"""Seconds between the last join and the death, in which sockets beat and the counts come to rest."""

QUESTION = "still there?"

bot = Bot("echo", block_limit=None)


@bot.on_message()
async def echo(chat: Chat, message: Message) -> None:
    """Says the same."""
    await chat.say(message.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is tried; seconds."""

    chats: int
    takers: int
    lease: float
    network: float
    store: float


class Offered:
    """A source of these contacts, and then of nothing."""

    def __init__(self, contacts: list[ContactKey]) -> None:
        self._contacts = contacts

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        """The stream."""
        yield self._offers()

    async def _offers(self) -> AsyncIterator[Claimable]:
        for key in self._contacts:
            yield Unacknowledged(offer=Offer(key=key))
        await anyio.sleep_forever()


class Distant:
    """A store that takes its time, and none of whose calls a dead worker survives."""

    def __init__(self, store: Any, life: Life, seconds: float) -> None:
        self._store = store
        self._life = life
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*args: Any, **more: Any) -> Any:
            async def there() -> Any:
                await anyio.sleep(self._seconds)
                return await method(*args, **more)

            return await self._life.call(there)

        return call


class Scene:
    """A region with customers, a store, and workers over them."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes = wishes
        self.clock = LoopClock()
        self.region = Region(settings=Settings(seed=1, timeline_length=0), clock=self.clock, random=Random(1))
        self.operations = Operations(self.region)
        self.store = CountingStore(MemoryStore(self.clock))
        self.joined = 0
        self.claims: dict[str, float] = {}
        self.answered: dict[str, float] = {}
        self.shares: Counter[str] = Counter()
        self._customers: dict[str, str] = {}
        self._died_at = float("inf")
        self._beat = anyio.Event()
        self.region.listeners.append(self._follow)

    async def run(self) -> dict[str, Any]:
        """The figures."""
        driver = Driver(self.region)
        driver.start()
        async with anyio.create_task_group() as group:
            contacts = [self._customer() for _ in range(self.wishes.chats)]
            scope, life = self._worker(group, "dead", contacts)
            while self.joined < len(contacts):
                await anyio.sleep(1)
            for number in range(self.wishes.takers):
                self._worker(group, f"taker-{number}", [])
            await anyio.sleep(QUIET)
            self._beat = anyio.Event()
            await self._beat.wait()
            self.store.forget_counts()
            self._died_at = anyio.current_time()
            life.die()
            scope.cancel()
            for token in self._customers.values():
                said = {"ContentType": "text/plain", "Content": QUESTION}
                self.operations.call("SendMessage", said, bearer=token)
            while len(self.answered) < len(contacts):
                await anyio.sleep(0.05)
            found = self._figures()
            group.cancel_scope.cancel()
        driver.stop()
        return found

    def _figures(self) -> dict[str, Any]:
        waits = sorted(self.answered.values())
        claims = sorted(self.claims.values())
        return {
            "chats": self.wishes.chats,
            "owner": {"p50": share(claims, 0.5), "max": claims[-1]},
            "heard": {"p50": share(waits, 0.5), "p99": share(waits, 0.99), "max": waits[-1]},
            "shares": sorted(self.shares.values()),
            "writes": self.store.writes / self.wishes.chats,
            "reads": self.store.calls["load"] / self.wishes.chats,
        }

    def _customer(self) -> ContactKey:
        params = {"InstanceId": INSTANCE_ID, "ContactFlowId": "default", "ParticipantDetails": {"DisplayName": "Ana"}}
        started = self.operations.call("StartChatContact", params)
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = self.operations.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        self._customers[started["ContactId"]] = connection["ConnectionCredentials"]["ConnectionToken"]
        return ContactKey(instance_id(INSTANCE_ID), ContactId(started["ContactId"]))

    def _follow(self, happening: Any) -> None:
        if not isinstance(happening, ItemPublished):
            return
        item = happening.item
        if (item.get("ParticipantRole"), item.get("Content")) == ("CUSTOM_BOT", QUESTION):
            self.answered.setdefault(happening.chat.contact_id, anyio.current_time() - self._died_at)

    def _hear(self, owner: str, happening: Happening) -> None:
        if owner == "dead":
            self.joined += happening.name == "link.subscribed"
            if happening.name == "lease.renewed":
                self._beat.set()
            return
        if happening.name == "contact.claimed" and happening.contact:
            self.claims[happening.contact.contact_id] = anyio.current_time() - self._died_at
            self.shares[owner] += 1

    def _worker(self, group: TaskGroup, name: str, contacts: list[ContactKey]) -> tuple[anyio.CancelScope, Life]:
        scope, random = anyio.CancelScope(), Random(name)
        life = Life(None, before=True, on_death=lambda: None)
        network, store = self.wishes.network, Distant(self.store, life, self.wishes.store)
        calls = MortalCalls(InMemoryCalls(self.operations, latency=lambda: network), life)
        ports = Ports(
            connect=BotoConnect(calls),
            participant=BotoParticipant(calls),
            sockets=InMemorySockets(self.region, latency=lambda: network),
            store=store,  # type: ignore[arg-type]
            pacer=FreePacer(),
            clock=self.clock,
            random=random,
            report=lambda happening: self._hear(name, happening),
            may_speak=lambda: bool(worker.may_speak),
        )
        worker = Worker(
            lambda record: Session(record, bot, ports=ports, settings=SessionSettings()),
            lifespan=bot.lifespan() if contacts else nullcontext(),
            source=Offered(contacts),
            store=store,  # type: ignore[arg-type]
            duty=Duty(owner=WorkerId(name), roster=Roster(bots={bot.name: "Bot"}, default=bot.name)),
            room=Room(self.wishes.chats),
            settings=WorkerSettings(lease=self.wishes.lease, rebalancing=Rebalancing(rate=0)),
            clock=self.clock,
            random=random,
            report=lambda happening: self._hear(name, happening),
        )

        async def live() -> None:
            with scope:
                try:
                    await worker.run()
                except* Crashed:
                    pass

        group.start_soon(live)
        return scope, life


def table(results: list[dict[str, Any]]) -> str:
    """In Markdown."""
    lines = [
        "| chats | new owner: p50, last | heard again: p50, p99, last | shared | store, a chat |",
        "|---|---|---|---|---|",
    ]
    for each in results:
        owner, heard = each["owner"], each["heard"]
        lines.append(
            f"| {each['chats']:,} | {owner['p50']:.1f} s, {owner['max']:.1f} s "
            f"| {heard['p50']:.1f} s, {heard['p99']:.1f} s, {heard['max']:.1f} s "
            f"| {', '.join(f'{part:,}' for part in each['shares'])} "
            f"| {each['writes']:.2f} writes, {each['reads']:.2f} reads |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, keeps; or writes what was kept into the page."""
    given = _arguments()
    if not given.page:
        given_out(given.out, {"given": _given(given), "results": [_measured(given, chats) for chats in given.chats]})
    kept = json.loads(given.out.read_text(encoding="utf-8"))
    text = f"{kept['given']}\n\n{table(kept['results'])}"
    print(text)
    if given.page:
        rewrite(ROOT / "docs" / "reliability.md", MARK, text)


def _measured(given: argparse.Namespace, chats: int) -> dict[str, Any]:
    wishes = Wishes(
        chats=chats,
        takers=given.takers,
        lease=given.lease,
        network=given.network / 1e3,
        store=given.store / 1e3,
    )

    async def told() -> dict[str, Any]:
        return await Scene(wishes).run()

    return run_virtually(told())


def _given(given: argparse.Namespace) -> str:
    return (
        f"Virtual time: a lease of {given.lease:g} s, {given.takers} workers that take over, {given.network:g} ms to "
        f"Amazon Connect each way, {given.store:g} ms for a call of the store, no quotas; seconds since the death."
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=lambda text: [int(word) for word in text.split(",")], default=[1000, 5000])
    parser.add_argument("--takers", type=int, default=2)
    parser.add_argument("--lease", type=float, default=15.0)
    parser.add_argument("--network", type=float, default=20.0)
    parser.add_argument("--store", type=float, default=5.0)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "benchmarks" / "taken_over.json")
    parser.add_argument("--page", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
