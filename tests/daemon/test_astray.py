"""A contact that a worker owns and does not serve is nobody's: it is served again, or given back, sooner or later."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio
import pytest

from agent.errors import Fenced, StoreUnreachable
from agent.ids import WorkerId
from agent.session.session import Ending
from tests.daemon.test_supervisor import Scene

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


def _fails(store: Any, name: str, error: Exception, *, times: int = 1) -> None:
    """The next calls of that name are lost on their way."""
    method, left = getattr(store, name), [error] * times

    async def failing(*args: Any, **more: Any) -> Any:
        if left:
            raise left.pop()
        return await method(*args, **more)

    setattr(store, name, failing)


async def _crashes(_: Any) -> Ending:
    raise ValueError("a bug")


async def _is_lost(_: Any) -> Ending:
    return Ending.LOST


def test_a_chat_whose_session_was_lost_is_taken_up_again(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """A session may notice before the worker does that the lease has run out."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            key = stand_ins.key("a")
            scene.stage.plans[key] = [_is_lost]
            await scene.supervisor.resume()
            await scene.offer("a")
            assert list(scene.supervisor.contacts) == []
            await scene.supervisor.resume()
            assert list(scene.supervisor.contacts) == [key]
            assert (await scene.stage.store.load(key)).epoch == 2

    virtually(story())


@pytest.mark.parametrize("lost", ["load", "release"])
def test_what_was_given_up_is_given_back_when_the_store_hears_it(
    virtually: Virtually, stand_ins: SimpleNamespace, lost: str
) -> None:
    """Until then it is asked for at every look, and is not served here."""

    async def story() -> None:
        async with Scene(stand_ins).open(crash_limit=1) as scene:
            key, store = stand_ins.key("a"), scene.stage.store
            scene.stage.plans[key] = [_crashes] * 5
            await scene.supervisor.resume()
            _fails(store, lost, StoreUnreachable("lost"), times=2)
            await scene.offer("a")
            await scene.stage.until(lambda: "contact.not_released" in scene.stage.names())
            assert (await scene.supervisor.resume(), (await _owner(scene))) == (True, "me")
            assert (await scene.supervisor.resume(), (await _owner(scene))) == (False, None)
            assert list(scene.supervisor.contacts) == []

    virtually(story())


async def _owner(scene: Scene) -> WorkerId | None:
    row = scene.stage.store._rows[scene.parts.key("a")]
    owner: WorkerId | None = row.owner
    return owner


def test_what_another_has_by_now_is_not_given_back(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The epoch tells: then nothing is left to be done."""

    async def story() -> None:
        async with Scene(stand_ins).open(crash_limit=1) as scene:
            scene.stage.plans[stand_ins.key("a")] = [_crashes]
            await scene.supervisor.resume()
            _fails(scene.stage.store, "release", Fenced("another's"))
            await scene.offer("a")
            await scene.stage.until(lambda: "contact.lost" in scene.stage.names())
            assert await scene.supervisor.resume() is False

    virtually(story())


def test_a_chat_that_was_moved_does_not_go_astray(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """It was released by its session; this worker leaves it to others for a while and then takes it."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            await scene.offer("a")
            await scene.supervisor.resume()
            scene.supervisor.move(stand_ins.key("a"), away_for=3.0)
            await scene.supervisor.idle()
            assert await scene.supervisor.resume() is False
            assert list(scene.supervisor.contacts) == []
            await anyio.sleep(4)
            await scene.supervisor.resume()
            assert list(scene.supervisor.contacts) == [stand_ins.key("a")]

    virtually(story())


def test_an_offer_of_what_is_just_being_given_back_is_not_lost(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Settled as if it were served, it would never come again, and nobody else has heard of the contact."""

    async def story() -> None:
        async with Scene(stand_ins).open() as scene:
            key = stand_ins.key("a")
            load, go_on = scene.stage.store.load, anyio.Event()

            async def slow_load(*args: Any) -> Any:
                await go_on.wait()
                return await load(*args)

            scene.stage.store.load = slow_load
            scene.supervisor._claims.astray.add(key)
            async with anyio.create_task_group() as group:
                group.start_soon(scene.supervisor.resume)
                await anyio.sleep(1)
                group.start_soon(scene.offer, "a")
                await anyio.sleep(1)
                go_on.set()
            assert list(scene.supervisor.contacts) == [key]

    virtually(story())
