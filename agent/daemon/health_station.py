"""Where an operator's eyes meet: everything that happens is told to log, metrics, readiness, systemd and traces.

It opens what the settings ask for and closes it in order; whoever runs a worker opens it first and closes it last, so
that starting and stopping can be seen too. It decides nothing about chats.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import anyio

from agent.clock import Clock
from agent.config import Configuration
from agent.daemon.collecting import Collecting
from agent.daemon.health import Readiness
from agent.daemon.health_http import health_endpoint
from agent.daemon.health_links import Deafness
from agent.daemon.health_loop import meter_loop
from agent.daemon.health_systemd import Systemd
from agent.daemon.health_traces import traced
from agent.daemon.room import Room
from agent.ids import ContactKey
from agent.telemetry import Happening, Report
from agent.telemetry.metrics import Metrics
from agent.telemetry.reasons import Reason


class Waiting(Protocol):
    """Whatever has items that wait for a turn, and sees chats that wait for another's bot."""

    @property
    def waiting(self) -> int: ...

    @property
    def unserved(self) -> int: ...


class Station:
    """A `Report`; made before anything else is built, opened around the worker.

    Attributes:
        room: the places for chats, to be given to the worker.
    """

    def __init__(
        self,
        settings: Configuration,
        *,
        log: Report,
        clock: Clock,
        bots: Iterable[str] = (),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """
        Args:
            log: is told everything, first of all.
            bots: those that are served; the metrics show them before they have a chat.
        """
        self.room = Room(settings.worker.max_chats)
        self._settings = settings
        self._clock = clock
        self._metrics = Metrics(bots)
        health = settings.health
        self._deafness = Deafness(after=health.deaf_after, share=health.deaf_share, clock=clock, report=self)
        self._readiness = Readiness(room=self.room, deafness=self._deafness, lease=settings.worker.lease, clock=clock)
        self._systemd = Systemd(
            environment,
            status=self._status,
            drain_deadline=lambda: self._settings.worker.drain_deadline,
            clock=clock,
            report=log,
        )
        self._collecting = Collecting(clock=clock, report=log)
        self._hooks: list[Report] = [
            *(log, self._metrics, self._readiness, self._deafness, self._systemd, self._collecting),
        ]
        self._metrics.read(
            chats_max=lambda: self.room.places,
            deaf_chats=lambda: len(self._deafness.deaf()),
            tasks=lambda: len(asyncio.all_tasks()),
            ready=lambda: self._readiness.verdict().ready,
            not_ready=self._not_ready,
        )

    def __call__(self, happening: Happening) -> None:
        for hook in self._hooks:
            hook(happening)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Endpoint, watches and traces, for as long as it is open.

        Raises:
            ConfigurationError: the endpoint cannot listen, or traces are wanted and cannot be had.
        """
        async with AsyncExitStack() as stack:
            if self._settings.tracing.enabled:
                self._hooks.append(stack.enter_context(traced(self._clock)))
            if self._settings.health.port is not None:
                await self._listen(stack, self._settings.health.host, self._settings.health.port)
            async with anyio.create_task_group() as group:
                for watch in (self._meter, self._deafness.watch, self._systemd.run, self._collecting.watch):
                    group.start_soon(watch)
                yield
                group.cancel_scope.cancel()

    def also_tell(self, hook: Report) -> None:
        """From now on `hook` is told everything, too."""
        self._hooks.append(hook)

    def deaf(self) -> Collection[ContactKey]:
        """The chats that have not been heard for too long."""
        return self._deafness.deaf()

    def look_at(self, worker: Waiting, calls_waiting: Callable[[], Mapping[str, float]]) -> None:
        """From now on the metrics show how much waits in `worker`, beside it and for the quota budget."""
        self._metrics.read(
            items_waiting=lambda: worker.waiting,
            chats_unserved=lambda: worker.unserved,
            calls_waiting=calls_waiting,
        )

    def adopt(self, settings: Configuration) -> None:
        """What of these settings can be changed while running."""
        self._settings = settings
        self.room.resize(settings.worker.max_chats)
        self._deafness.adopt(after=settings.health.deaf_after, share=settings.health.deaf_share)

    async def _listen(self, stack: AsyncExitStack, host: str, port: int) -> None:
        endpoint = health_endpoint(host, port, verdict=self._readiness.verdict, metrics=self._metrics)
        address = await stack.enter_async_context(endpoint)
        self(Happening(name="health.listening", fields={"address": address}))

    async def _meter(self) -> None:
        await meter_loop(clock=self._clock, report=self)

    def _not_ready(self) -> Mapping[str, float]:
        holding = self._readiness.verdict().reasons
        return {reason.value: float(reason in holding) for reason in Reason}

    def _status(self) -> str:
        verdict = self._readiness.verdict()
        reasons = f"; not ready: {', '.join(verdict.reasons)}" if verdict.reasons else ""
        return f"{self.room.taken} of {self.room.places} chats{reasons}"
