"""Workers as an operator runs them: each a process with its settings, behind cables that can be cut.

A worker that ends is started again under a new name, as a machine's init would do it. It does not know why things
happen to a worker, nor what the workers do.
"""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from agent.cli.exits import Exit
from tests.aws.moto import CREDENTIALS, REGION
from tests.cluster.cable import Cable, cable_to
from tests.cluster.plan import Fault, Strike
from tests.cluster.programs import BOUND, Program

TABLE = "cluster"
PREFIX = "cluster"
LEFT_AFTER = 60.0
DRAIN = 15.0
SERVING = b'"worker.serving"'
_QUOTAS = (
    "create_participant",
    "create_participant_connection",
    "send_message",
    "send_event",
    "get_transcript",
    "describe_contact",
    "start_contact_streaming",
    "stop_contact_streaming",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where everything is."""

    directory: Path
    moto: str
    queue: str
    connect: str
    lease: float
    ingress: str = "websocket"


class Worker:
    """One place for a worker, and who is there at the moment.

    Attributes:
        state: what is being done to it, in a word or two.
        wrong: what it should not have done: ended by itself, or with another code than 0 when it was drained.
    """

    def __init__(self, number: int, site: Site, store: Cable, connect: Cable) -> None:
        self.place = f"w{number + 1}"
        self.state = ""
        self.wrong: list[str] = []
        self._lives = 0
        self._site = site
        self._store = store
        self._connect = connect
        self._programs: list[Program] = []
        self._meant = False
        self._settings = site.directory / f"{self.place}.toml"
        self._settings.write_text(_settings(site, store, connect), encoding="utf-8")

    @property
    def name(self) -> str:
        """Who is there now: the place and the number of its life."""
        return f"{self.place}.{self._lives}"

    @property
    def program(self) -> Program:
        """The process of this life."""
        return self._programs[-1]

    @property
    def doing(self) -> str:
        """What it suffers, or does."""
        return self.state or ("serves" if self._serves else "starts")

    @property
    def _serves(self) -> bool:
        return SERVING in self.program.log.read_bytes()

    async def ready(self) -> None:
        """Returns when it serves. Raises RuntimeError when it ends or takes too long instead."""
        with anyio.move_on_after(BOUND):
            while self.program.code is None:
                if self._serves:
                    return
                await anyio.sleep(0.2)
        raise RuntimeError(f"{self.name} does not serve: {self.program.log.read_text()[-2000:]}")

    def start(self) -> None:
        """A new life, after the old process has ended."""
        self._lives += 1
        directory = self._site.directory
        variables = {**CREDENTIALS, "CLUSTER_SPEAKER": self.name, "XDG_STATE_HOME": str(directory)}
        arguments = ("agent", "run", "tests.cluster.bot:bot", "--config", str(self._settings))
        self._programs.append(Program(*arguments, log=directory / f"{self.name}.log", variables=variables))
        self.state, self._meant = "", False

    def close(self) -> None:
        """No process is left."""
        for program in self._programs:
            program.close()

    async def watch(self) -> None:
        """Starts it again when it ends without having been asked to. That is noted, unless it was just starting and did
        not reach the store or the queue."""
        while True:
            await anyio.sleep(0.5)
            if not self._meant and (code := self.program.code) is not None:
                if self._serves or code != Exit.TEMPORARY:
                    self.wrong.append(f"{self.name} ended by itself with code {code}")
                self.start()

    async def suffer(self, strike: Strike) -> None:
        """The fault, and what undoes it."""
        self.state = strike.fault.value
        match strike.fault:
            case Fault.KILLED:
                await self._die(seen=not strike.silent)
                await anyio.sleep(strike.lasts)
                self.start()
            case Fault.FROZEN:
                self.program.signal(signal.SIGSTOP)
                await anyio.sleep(strike.lasts)
                self.program.signal(signal.SIGCONT)
            case Fault.NO_STORE:
                await _cut(self._store, strike)
            case Fault.NO_CONNECT:
                await _cut(self._connect, strike)
            case Fault.DRAINED:
                await self.drain()
                await anyio.sleep(strike.lasts)
                self.start()
        self.state = ""

    async def _die(self, *, seen: bool) -> None:
        """Killed. Workers of one machine see at once which of them have died; they do not see it of one that nobody has
        buried, a zombie, and must wait for the end of its lease, as if it had died on another machine."""
        self._meant = True
        self.program.signal(signal.SIGKILL)
        if seen:
            await self.program.ended()

    async def drain(self) -> None:
        """Stopped in order."""
        self._meant = True
        served = self._serves
        self.program.signal(signal.SIGTERM)
        code = await self.program.ended(within=DRAIN + BOUND)
        if code != 0 and (served or code != -signal.SIGTERM):  # before it listens to signals it may just go
            self.wrong.append(f"{self.name} ended with {code} instead of 0 when it was drained")


async def _cut(cable: Cable, strike: Strike) -> None:
    cable.cut(silent=strike.silent)
    try:
        await anyio.sleep(strike.lasts)
    finally:
        cable.mend()


@asynccontextmanager
async def worker_at(number: int, site: Site) -> AsyncIterator[Worker]:
    """A worker with its cables; it is not started yet. Its process is ended at the end."""
    async with cable_to(site.moto) as store, cable_to(site.connect) as connect:
        worker = Worker(number, site, store, connect)
        try:
            yield worker
        finally:
            worker.close()


def _settings(site: Site, store: Cable, connect: Cable) -> str:
    """Nothing is paced and nothing throttled: this is about faults, not about quotas."""
    quotas = "\n".join(f"{name} = {{rate = 1000, burst = 1000}}" for name in _QUOTAS)
    return f"""
[connect]
endpoint_url = "{connect.url}"
region = "{REGION}"
ingress = "{site.ingress}"
[streaming]
prefix = "{PREFIX}"
endpoint_url = "{store.url}"
leftovers_after = {LEFT_AFTER}
[source]
kind = "sqs"
queue_url = "{site.queue}"
wait = 5
visibility = 10
[store]
kind = "dynamodb"
table = "{TABLE}"
endpoint_url = "{store.url}"
patience = {site.lease / 3}
[worker]
lease = {site.lease}
drain_deadline = {DRAIN}
[pacing]
{quotas}
[control]
enabled = false
[logging]
format = "json"
"""
