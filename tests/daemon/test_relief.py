"""Chats that a worker does not hear go to those who do: carefully, and never when nobody hears."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio
import pytest

from agent.daemon.census import Census, Notice, census
from agent.daemon.relief import DEAF, Hearing, Relief
from agent.daemon.room import Room
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId
from agent.telemetry import Happening
from agent.testing.clocks import ManualClock
from tests.daemon.test_moving import Cluster

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
ANN, BOB = WorkerId("ann"), WorkerId("bob")
KEYS = [ContactKey(InstanceId("instance"), ContactId(f"c{number:02}")) for number in range(10)]
BOTH = Census(workers=(ANN, BOB))


class Scene:
    """Ann with ten chats, and what she is told of her ears."""

    def __init__(self, *, rate: float = 2.0, chats: int = 10) -> None:
        self.clock = ManualClock()
        self.room = Room(20)
        self.room.taken = chats
        self.deaf = set(KEYS[:chats])
        self.told: list[Happening] = []
        hearing = Hearing(deaf=lambda: frozenset(self.deaf), rate=rate)
        self.relief = Relief(ANN, hearing, room=self.room, clock=self.clock, report=self.told.append)

    def looks(self, seconds: int, seen: Census = BOTH) -> list[ContactKey]:
        given: list[ContactKey] = []
        for _ in range(seconds):
            self.clock.advance(1)
            given += self.relief.due(seen)
        return given

    def lose(self, keys: list[ContactKey]) -> None:
        """They are served elsewhere."""
        self.deaf -= set(keys)
        self.room.taken -= len(keys)


def test_deaf_chats_go_once_each_as_fast_as_others_can_connect_them() -> None:
    """After a while in which the others could have become deaf as well; meanwhile nobody is let in."""
    scene = Scene()
    assert scene.looks(15) == []
    assert (scene.relief.told, scene.room.free) == (True, 0)
    assert [happening.name for happening in scene.told] == ["worker.deaf"]
    assert len(scene.looks(3)) == 6
    assert len(scene.looks(100)) == len(KEYS) - 6


@pytest.mark.parametrize(
    "seen",
    [
        Census(workers=(ANN,)),
        Census(workers=(ANN, BOB), deaf=frozenset({BOB})),
        Census(workers=(ANN, BOB), deaf=frozenset({ANN, BOB})),
        Census(workers=(ANN, BOB), leaving=frozenset({BOB})),
    ],
)
def test_where_nobody_hears_nothing_moves_and_everybody_is_let_in(seen: Census) -> None:
    """Amazon Connect is away for all, or nobody else is there: trying is better than refusing."""
    scene = Scene()
    assert scene.looks(200, seen) == []
    assert (scene.relief.told, scene.room.free) == (True, 10)


@pytest.mark.parametrize(("chats", "deaf"), [(10, 4), (2, 2)])
def test_a_few_deaf_chats_prove_nothing(chats: int, deaf: int) -> None:
    """They may be those chats' own affair."""
    scene = Scene(chats=chats)
    scene.deaf = set(KEYS[:deaf])
    assert scene.looks(100) == []
    assert (scene.relief.told, scene.told) == (False, [])


def test_who_hears_again_in_time_keeps_its_chats() -> None:
    """And says so."""
    scene = Scene()
    scene.looks(10)
    scene.deaf = set()
    assert scene.looks(100) == []
    assert (scene.relief.told, scene.room.free) == (False, 10)
    assert [happening.name for happening in scene.told] == ["worker.deaf", "worker.hears_again"]


def test_looking_twice_in_a_second_gives_no_more_away() -> None:
    """What the others can connect is counted by the clock."""
    scene = Scene()
    scene.looks(15)
    assert len(scene.looks(1)) == 2
    assert scene.relief.due(BOTH) == []
    scene.clock.advance(0.5)
    assert len(scene.relief.due(BOTH)) == 1


def test_who_hears_some_of_its_chats_again_gives_the_rest_away() -> None:
    """So few would prove nothing, but it was proven before; those that are heard stay."""
    scene = Scene()
    scene.looks(10)
    scene.deaf = set(KEYS[:2])
    assert scene.looks(20) == KEYS[:2]


def test_a_chat_that_came_back_may_be_given_away_again() -> None:
    """When the worker is deaf once more."""
    scene = Scene(rate=100.0)
    scene.lose(scene.looks(16))
    scene.looks(310)
    scene.deaf, scene.room.taken = set(KEYS), len(KEYS)
    assert scene.looks(20) == KEYS


def test_who_gave_its_chats_away_takes_none_for_a_while() -> None:
    """It has none by which to tell whether it hears."""
    scene = Scene(rate=100.0)
    scene.lose(scene.looks(16))
    scene.looks(290)
    assert (scene.relief.told, scene.room.free) == (True, 0)
    scene.looks(20)
    assert (scene.relief.told, scene.room.free) == (False, 20)


def test_who_is_deaf_is_told_by_a_second_lease_and_preferred_for_nothing() -> None:
    """Unless all are."""
    names = [ANN, BOB, Notice.DEAF.of(ANN)]
    seen = census(names)
    assert (seen.workers, seen.deaf, seen.hearing) == ((ANN, BOB), {ANN}, {BOB})
    assert {seen.preferred(key) for key in KEYS} == {BOB}
    assert {census([*names, Notice.DEAF.of(BOB)]).preferred(key) for key in KEYS} == {ANN, BOB}


def test_a_deaf_workers_chats_are_served_by_another_and_stay_there(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Each moves once, though the deaf worker lives on; later it is offered chats again."""

    async def story() -> None:
        cluster = Cluster(stand_ins)
        deaf: set[ContactKey] = set()
        ann, source = cluster.worker("ann", deaf=lambda: deaf & set(cluster.of("ann")))
        bob, _ = cluster.worker("bob")
        async with anyio.create_task_group() as group:
            await group.start(ann.run)
            await anyio.wait_all_tasks_blocked()
            for key in KEYS:
                source.offer(key)
            await anyio.sleep(1)
            await group.start(bob.run)
            await anyio.sleep(1)
            assert cluster.of("ann") == KEYS
            deaf.update(KEYS)
            await anyio.sleep(20)
            assert (cluster.of("ann"), cluster.of("bob")) == ([], KEYS)
            assert DEAF in ann.room.shut_by
            await anyio.sleep(320)
            assert cluster.of("bob") == KEYS
            assert ann.room.free > 0
            group.cancel_scope.cancel()

    virtually(story())
