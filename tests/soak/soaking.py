"""One soak from beginning to end: processes up, customers in, samples, customers out, processes down."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import aiohttp
import anyio

from tests.soak.crowd import Crowd, Tally
from tests.soak.plan import Plan
from tests.soak.sampling import Sample, Sampler
from tests.soak.stage import Daemon, connect_on_stage, daemon_on_stage
from tests.soak.verdict import LEFT, Soaked

Tell = Callable[[str], None]
_CLEARED = 90.0
"""Seconds within which everything about the last chat must be gone."""
_FILLED = 2.5
"""How many times as long as planned it may take until all customers have come."""


async def soak(plan: Plan, tell: Tell) -> Soaked:
    """Runs it and returns what was seen; takes the plan's minutes, and what customers need to come and go."""
    with TemporaryDirectory() as directory:
        async with (
            connect_on_stage() as url,
            daemon_on_stage(url, Path(directory), chats=plan.chats) as daemon,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        ):
            soaked = await _Soak(plan, tell, session, url, daemon).run()
        soaked.code = daemon.code
        soaked.errors = [str(line) for line in daemon.lines() if line.get("level") == "error"]
        return soaked


class _Soak:
    """The soak while it goes on."""

    def __init__(self, plan: Plan, tell: Tell, session: aiohttp.ClientSession, url: str, daemon: Daemon) -> None:
        self._plan = plan
        self._tell = tell
        self._session = session
        self._tally = Tally()
        self._crowd = Crowd(url, plan, self._tally)
        self._sampler = Sampler(daemon.process.pid, daemon.metrics, session)
        self._began = monotonic()

    async def run(self) -> Soaked:
        before = await self._sample()
        async with anyio.create_task_group() as group:
            group.start_soon(self._crowd.come, self._session)
            await self._filled()
            samples = await self._watch()
            self._crowd.close()
            self._tell("The customers leave.")
        after = await self._cleared(before)
        numbers = await self._sampler.numbers()
        return Soaked(plan=self._plan, tally=self._tally, before=before, after=after, numbers=numbers, samples=samples)

    async def _filled(self) -> None:
        """Waits until all customers have come, and the bot to each; not for ever: a busy machine may have no room."""
        latest = monotonic() + _FILLED * self._plan.chats / self._plan.arrivals + _CLEARED
        while (sample := await self._sample()).chats < 0.95 * self._plan.chats:
            self._show(sample)
            if monotonic() > latest:
                raise RuntimeError(
                    f"only {sample.chats:.0f} of {self._plan.chats} chats on this machine; ask for fewer"
                )
            await anyio.sleep(min(self._plan.every, 1.0))
        self._began = monotonic()

    async def _watch(self) -> list[Sample]:
        samples: list[Sample] = []
        while monotonic() < self._began + self._plan.seconds:
            await anyio.sleep(self._plan.every)
            samples.append(await self._sample())
            self._show(samples[-1])
        return samples

    async def _cleared(self, before: Sample) -> Sample:
        """The daemon when nothing of any chat is left, or after it had time enough for that."""
        sample = await self._sample()
        with anyio.move_on_after(_CLEARED):
            while sample.chats or sample.tasks > before.tasks or sample.sockets > before.sockets + LEFT:
                await anyio.sleep(0.5)
                sample = await self._sample()
        return sample

    async def _sample(self) -> Sample:
        return await self._sampler.sample(monotonic() - self._began, self._crowd.present)

    def _show(self, one: Sample) -> None:
        self._tell(
            f"{one.at:6.0f} s  {one.customers:5} customers  {one.chats:5.0f} chats  {one.rss / 1024:6.1f} MB  "
            f"{one.tasks:6.0f} tasks  {one.files:5} files  lag {one.lag:5.1f} ms  {self._tally.answered} replies"
        )
