"""How long a customer waits for the bot's first word, and where that time goes: ``python -m tests.benchmarks.joining``.

A real worker, put together as ``chat-agent run`` does it, over HTTP and websockets: the local Amazon Connect and moto's
SQS and DynamoDB are processes of their own. Chats begin one after the other; the clock starts when the worker takes the
offer from its source. What each chat and each plain turn asked of the store is counted beside it.

--chats N       how many chats of each kind (100)
--rate N        how many begin in a second (5)
--out FILE      where the figures go (build/benchmarks/joining.json)
--page          writes the table of the last run into docs/reliability.md, measuring nothing
"""

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import anyio

from agent import Bot, Chat, Message
from agent.aws.settings import AwsSettings
from agent.cli.running import on_loop
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.assembly import Assembly, assembled
from agent.daemon.room import Room
from agent.daemon.sources.kinds import source_of
from agent.daemon.stores import opened_store
from agent.ids import ContactKey
from agent.ports import Claimable
from agent.telemetry import Happening
from tests.aws.moto import CREDENTIALS, REGION
from tests.benchmarks.pages import ROOT, given_out, machine, rewrite, share
from tests.cluster.customer import INSTANCE
from tests.store.counting import WRITES, CountingStore

KINDS = (("local", "memory"), ("local", "sqlite"), ("local", "dynamodb"), ("sqs", "sqlite"), ("sqs", "dynamodb"))
STAGES = ("claimed", "participant", "connected", "subscribed", "greeted")
TURNS = 3
"""Messages of each customer after the greeting."""
TABLE = "joining"
MARK = "joining"

bot = Bot("greeter")


@bot.on_join
async def greet(chat: Chat) -> None:
    """The first word."""
    await chat.say("hello")


@bot.on_message()
async def echo(chat: Chat, message: Message) -> None:
    """A plain turn."""
    await chat.say(message.text)


@dataclass
class Seen:
    """When each chat came to each stage, by the monotonic clock; and who waits for what."""

    stages: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    committed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    moved: anyio.Event = field(default_factory=anyio.Event)

    def __call__(self, happening: Happening) -> None:
        """A `Report`."""
        if happening.contact is None:
            return
        contact = happening.contact.contact_id
        match happening.name:
            case "contact.claimed":
                self.reach("claimed", contact)
            case "link.subscribed":
                self.reach("subscribed", contact)
            case "send.accepted":
                self.reach("greeted", contact)
            case "turn.committed":
                self.committed[contact] += 1
                self._tell()
            case _:
                pass

    def reach(self, stage: str, contact: str) -> None:
        """The first time counts."""
        self.stages[contact].setdefault(stage, time.monotonic())
        self._tell()

    def _tell(self) -> None:
        self.moved.set()
        self.moved = anyio.Event()

    async def until(self, reached: Callable[[], bool]) -> None:
        """Returns when something has happened that makes it true."""
        with anyio.fail_after(120):
            while not reached():
                await self.moved.wait()


class Timed:
    """A source whose offers are noted when they are taken."""

    def __init__(self, source: Any, seen: Seen) -> None:
        self._source = source
        self._seen = seen

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        """As those of the source."""
        async with self._source.offers() as offers:
            yield self._noted(offers)

    async def _noted(self, offers: AsyncIterator[Claimable]) -> AsyncIterator[Claimable]:
        async for claimable in offers:
            self._seen.reach("taken", claimable.offer.key.contact_id)
            yield claimable


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where Amazon Connect, moto and its queue are."""

    connect: str
    moto: str
    queue: str


async def measured(source: str, store: str, site: Site, *, chats: int, rate: float) -> dict[str, Any]:
    """The figures of one kind."""
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(source, store, site, Path(folder), chats)
        room = Room(settings.worker.max_chats)
        async with (
            opened_store(settings.store, SystemClock(), AwsSettings(region=REGION)) as opened,
            source_of(settings)(room, seen) as offers,
        ):
            counted: Any = CountingStore(opened)
            async with (
                assembled(
                    settings, bot, bot, source=Timed(offers, seen), report=seen, room=room, store=counted
                ) as parts,
                anyio.create_task_group() as group,
            ):
                _note_calls(parts, seen)
                await group.start(parts.worker.run)
                found = await _customers(site, seen, counted, chats, rate)
                parts.worker.stop()
    return {"source": source, "store": store, "chats": chats, "rate": rate, **found}


def _settings(source: str, store: str, site: Site, folder: Path, chats: int) -> Configuration:
    kept: dict[str, Any] = {"kind": store}
    if store == "sqlite":
        kept["path"] = folder / "contacts.sqlite3"
    if store == "dynamodb":
        kept |= {"table": TABLE, "endpoint_url": site.moto}
    return Configuration(
        connect={"endpoint_url": site.connect, "instance": INSTANCE, "region": REGION},
        source={"kind": source, **({"queue_url": site.queue, "wait": 5} if source == "sqs" else {})},
        store=kept,
        worker={"max_chats": 2 * chats},
        pacing={"enabled": False},
    )


def _note_calls(parts: Assembly, seen: Seen) -> None:
    """Two of the calls are seen nowhere else; by their answers."""
    participants: dict[str, str] = {}
    create, connect = parts.ports.connect.create_participant, parts.ports.participant.create_participant_connection

    async def created(key: ContactKey, **more: Any) -> Any:
        answer = await create(key, **more)
        participants[answer.token] = key.contact_id
        seen.reach("participant", key.contact_id)
        return answer

    async def connected(token: Any) -> Any:
        answer = await connect(token)
        seen.reach("connected", participants[token])
        return answer

    parts.ports.connect.create_participant = created  # type: ignore[method-assign]
    parts.ports.participant.create_participant_connection = connected  # type: ignore[method-assign]


async def _customers(site: Site, seen: Seen, counted: CountingStore, chats: int, rate: float) -> dict[str, Any]:
    counted.forget_counts()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        here: list[tuple[str, str]] = []
        for number in range(chats):
            here.append(await _begin(http, site.connect, number))
            await anyio.sleep(1 / rate)
        await seen.until(lambda: sum(count >= 1 for count in seen.committed.values()) == chats)
        joins = _counts(counted, chats)
        counted.forget_counts()
        for turn in range(1, TURNS + 1):
            for _, token in here:
                said = {"ContentType": "text/plain", "Content": f"{turn}"}
                await _call(http, f"{site.connect}/participant/message", said, token)
            await seen.until(lambda turn=turn: sum(count > turn for count in seen.committed.values()) == chats)  # type: ignore[misc]
        turns = _counts(counted, chats * TURNS)
        for _, token in here:
            await _call(http, f"{site.connect}/participant/disconnect", {}, token)
    return {"seconds": _seconds(seen), "a join": joins, "a plain turn": turns}


def _counts(counted: CountingStore, among: int) -> dict[str, float]:
    """Calls for each; heartbeats and looks are the worker's, not the chats'."""
    chats = {name: counted.calls[name] for name in (*WRITES, "load")}
    return {"writes": counted.writes / among, "reads": chats["load"] / among}


def _seconds(seen: Seen) -> dict[str, dict[str, float]]:
    """From the offer's taking to each stage."""
    found: dict[str, dict[str, float]] = {}
    for stage in STAGES:
        waits = sorted(reached[stage] - reached["taken"] for reached in seen.stages.values() if stage in reached)
        found[stage] = {"p50": share(waits, 0.5), "p99": share(waits, 0.99), "count": len(waits)}
    return found


async def _begin(http: aiohttp.ClientSession, url: str, number: int) -> tuple[str, str]:
    began = {
        "InstanceId": INSTANCE,
        "ContactFlowId": "default",
        "ParticipantDetails": {"DisplayName": f"Customer {number}"},
    }
    answer = await _call(http, f"{url}/contact/chat", began, method="PUT")
    wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
    connection = await _call(http, f"{url}/participant/connection", wanted, answer["ParticipantToken"])
    return answer["ContactId"], connection["ConnectionCredentials"]["ConnectionToken"]


async def _call(
    http: aiohttp.ClientSession, url: str, body: dict[str, Any], bearer: str = "", method: str = "POST"
) -> dict[str, Any]:
    headers = {"X-Amz-Bearer": bearer} if bearer else {}
    async with http.request(method, url, json=body, headers=headers) as answer:
        answer.raise_for_status()
        found: dict[str, Any] = await answer.json()
        return found


# ----------------------------------------------------------------------------------------------- around it


async def run(chats: int, rate: float, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Every kind, one after the other, each with services of its own."""
    os.environ.update(CREDENTIALS)
    found = []
    for source, store in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            async with _services(Path(folder)) as site:
                tell(f"{chats} chats offered by {source}, kept by {store}")
                found.append(await measured(source, store, site, chats=chats, rate=rate))
    return found


@asynccontextmanager
async def _services(folder: Path) -> AsyncIterator[Site]:
    from tests.cluster.services import services

    async with services(folder, lease=15.0, table=TABLE) as site:
        yield Site(connect=site.connect, moto=site.moto, queue=site.queue)


def table(results: Sequence[dict[str, Any]]) -> str:
    """In Markdown: milliseconds at half and at 99 % of the chats."""
    named = ("claim durable", "participant created", "connected", "subscribed", "greeting accepted")
    heads = ("offers by, store", *named, "store, a join", "a plain turn")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for each in results:
        cells = [
            f"{each['seconds'][stage]['p50'] * 1e3:.0f}, {each['seconds'][stage]['p99'] * 1e3:.0f}" for stage in STAGES
        ]
        asked = [
            f"{each[what]['writes']:.2f} writes, {each[what]['reads']:.2f} reads" for what in ("a join", "a plain turn")
        ]
        lines.append(f"| {each['source']}, {each['store']} | {' | '.join((*cells, *asked))} |")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, keeps; or writes what was kept into the page."""
    given = _arguments()
    if not given.page:
        results = on_loop(lambda: run(given.chats, given.rate, print))
        given_out(given.out, {"machine": machine(), "results": results})
    kept = json.loads(given.out.read_text(encoding="utf-8"))
    chats, rate = kept["results"][0]["chats"], kept["results"][0]["rate"]
    head = (
        f"{chats} chats of each kind, {rate:g} a second, on {kept['machine']}: p50 and p99 of the milliseconds since "
    )
    head += "the offer was taken, and calls of the store."
    text = f"{head}\n\n{table(kept['results'])}"
    print(text)
    if given.page:
        rewrite(ROOT / "docs" / "reliability.md", MARK, text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=100)
    parser.add_argument("--rate", type=float, default=5.0)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "benchmarks" / "joining.json")
    parser.add_argument("--page", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
