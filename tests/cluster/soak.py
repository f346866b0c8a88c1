"""The whole soak: services, workers and customers are started, broken for a while, left alone, and read.

Everything is a process on loopback and everything ends here, whatever happened. It neither plans faults nor judges.
"""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import anyio

from tests.cluster.customer import Customer
from tests.cluster.mail import cleared
from tests.cluster.plan import plan
from tests.cluster.progress import Progress, Wishes
from tests.cluster.services import services
from tests.cluster.workers import Site, worker_at

ARRIVAL = 5.0
"""Seconds in which all customers come."""
PATIENCE = 180.0
"""Seconds in which everything must have been answered once the faults are over."""
Watch = Callable[[Progress], Coroutine[Any, Any, None]]


async def soak(wishes: Wishes, directory: Path, watch: Watch) -> Progress:
    """From the first process to the last; `watch` runs beside it and is cancelled at the end.

    Raises:
        RuntimeError: something could not be started.
    """
    progress = Progress(wishes, directory)
    async with services(directory, wishes.lease, ingress=wishes.way) as site, AsyncExitStack() as stack:
        for number in range(wishes.workers):
            progress.workers.append(await stack.enter_async_context(worker_at(number, site)))
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        async with anyio.create_task_group() as group:
            group.start_soon(watch, progress)
            await _start_workers(progress)
            for worker in progress.workers:
                group.start_soon(worker.watch)
            await _live(progress, site, http)
            group.cancel_scope.cancel()
    progress.read_logs()
    return progress


async def _start_workers(progress: Progress) -> None:
    for worker in progress.workers:
        worker.start()
    for worker in progress.workers:
        await worker.ready()


async def _live(progress: Progress, site: Site, http: aiohttp.ClientSession) -> None:
    """Customers come, faults strike; then peace, until everything is answered; then the transcripts are read."""
    wishes, enough, moved = progress.wishes, anyio.Event(), Moved()
    progress.begin()
    async with anyio.create_task_group() as group:
        for number in range(wishes.customers):
            random = Random(f"{wishes.seed} {number}")
            progress.customers.append(Customer(number, url=site.connect, http=http, random=random))
            delay = random.uniform(0, min(ARRIVAL, wishes.seconds / 4))
            group.start_soon(progress.customers[-1].chats, delay, enough, wishes.pause, moved.tell)
        await _strike(progress)
        enough.set()
        progress.stage = "settling"
        with anyio.move_on_after(PATIENCE):
            while not all(customer.answered for customer in progress.customers):
                await moved.wait()
        await anyio.sleep(wishes.lease)  # whoever would still say something, says it now
        progress.stage = "reading"
        progress.chats = [await customer.reads() for customer in progress.customers]
        group.cancel_scope.cancel()
    progress.stage = "clearing"
    progress.left += await cleared(site, {str(worker.program.pid) for worker in progress.workers})
    progress.stage = "draining"
    async with anyio.create_task_group() as group:
        for worker in progress.workers:
            group.start_soon(worker.drain)
    progress.left += await cleared(site, set(), within=0.0)


async def _strike(progress: Progress) -> None:
    """Returns when the time is over and the last fault undone."""
    wishes = progress.wishes
    strikes = plan(
        seed=wishes.seed, workers=wishes.workers, seconds=wishes.seconds, every=wishes.every, lease=wishes.lease
    )
    async with anyio.create_task_group() as group:
        for strike in strikes:
            await anyio.sleep(strike.at - progress.seconds)
            progress.strikes.append(strike)
            group.start_soon(progress.workers[strike.worker].suffer, strike)
        await anyio.sleep(max(0.0, wishes.seconds - progress.seconds))


class Moved:
    """Somebody heard something."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def tell(self) -> None:
        """Wakes whoever waits."""
        self._event.set()
        self._event = anyio.Event()

    async def wait(self) -> None:
        """Until the next time."""
        await self._event.wait()
