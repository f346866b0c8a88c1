"""Several workers on one queue, in virtual time: whatever stops, dies or is repeated, every contact gets one bot."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from types import SimpleNamespace
from typing import Any

import anyio
from anyio.abc import TaskGroup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.daemon.room import Room
from agent.daemon.sources.sqs import QueueSettings, SqsSource
from agent.daemon.worker import Worker, WorkerSettings
from agent.ids import WorkerId
from agent.testing.virtual import run_virtually
from tests.daemon.sources.forms import INSTANCE, contact_event, own
from tests.daemon.sources.queues import MemoryQueue

RUBBISH = "{rubbish"
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.integers(0, 5)),
        st.tuples(st.just("event"), st.integers(0, 5)),
        st.tuples(st.just("rubbish"), st.just(0)),
        st.tuples(st.just("elapse"), st.sampled_from([1, 7, 40])),
        st.tuples(st.just("start"), st.integers(1, 3)),
        st.tuples(st.just("stop"), st.integers(0, 3)),
        st.tuples(st.just("kill"), st.integers(0, 3)),
    ),
    max_size=25,
)


class Mortal:
    """Anything that a worker calls; once the worker is dead, no call of it arrives."""

    def __init__(self, real: Any, life: SimpleNamespace) -> None:
        self._real = real
        self._life = life

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)

        async def call(*arguments: Any, **more: Any) -> Any:
            if not self._life.alive:
                await anyio.sleep_forever()
            return await real(*arguments, **more)

        return call


class Story:
    """A queue, a store, and workers that come and go."""

    def __init__(self, parts: SimpleNamespace, group: TaskGroup) -> None:
        self.parts = parts
        self.group = group
        self.stage = parts.stage()
        self.queue = MemoryQueue()
        self.offered: set[str] = set()
        self.workers: list[SimpleNamespace] = []
        self.born = 0

    def put(self, kind: str, number: int) -> None:
        contact = f"c{number}"
        trees = {"offer": own(contact), "event": contact_event("INITIATED", contact)}
        self.queue.put(json.dumps(trees[kind]))
        self.offered.add(contact)

    async def start(self, places: int) -> None:
        self.born += 1
        life = SimpleNamespace(alive=True, scope=anyio.CancelScope())
        store, queue, room = Mortal(self.stage.store, life), Mortal(self.queue, life), Room(places)
        life.worker = Worker(
            self.stage.begin,
            lifespan=_nothing(),
            source=SqsSource(queue, room, settings=QueueSettings(), random=Random(1), report=self.stage.report),
            store=store,
            duty=self.parts.duty(owner=WorkerId(f"w{self.born}")),
            room=room,
            settings=WorkerSettings(lease=15),
            clock=self.stage.clock,
            random=Random(self.born),
            report=self.stage.report,
        )
        self.workers.append(life)
        self.group.start_soon(self._live, life)
        await anyio.sleep(0.1)

    async def _live(self, life: SimpleNamespace) -> None:
        with life.scope:
            await life.worker.run()
        if life in self.workers:
            self.workers.remove(life)

    def stop(self, number: int) -> None:
        for life in self.workers[number : number + 1]:
            life.worker.stop()

    def kill(self, number: int) -> None:
        for life in self.workers[number : number + 1]:
            life.alive = False
            life.scope.cancel()

    async def act(self, verb: str, number: int) -> None:
        match verb:
            case "offer" | "event":
                self.put(verb, number)
            case "rubbish":
                self.queue.put(RUBBISH)
            case "elapse":
                await anyio.sleep(number)
            case "start":
                await self.start(number)
            case "stop":
                self.stop(number)
            case "kill":
                self.kill(number)


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
def test_every_contact_gets_one_bot_and_the_queue_keeps_only_rubbish(
    stand_ins: SimpleNamespace, actions: list[tuple[str, int]]
) -> None:
    """At the end one more worker has room for all; then nothing is left over but what nobody can read."""

    async def story() -> None:
        async with anyio.create_task_group() as group:
            one = Story(stand_ins, group)
            for verb, number in actions:
                await one.act(verb, number)
            await one.start(100)
            await anyio.sleep(300)
            served = [session.record.key for session in one.stage.running]
            assert {key.instance_id for key in served} <= {INSTANCE}
            assert sorted(key.contact_id for key in served) == sorted(one.offered)
            assert {message.body for message in one.queue.messages} <= {RUBBISH}
            group.cancel_scope.cancel()

    run_virtually(story())
