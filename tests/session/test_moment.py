"""Something that happens once: whoever waits goes on, at once when it has happened already."""

import asyncio
from typing import Any

import anyio

from agent.session.moment import Moment
from tests.session.hall import virtual


def test_all_who_wait_go_on() -> None:
    """However many, and whoever comes later too."""

    async def story() -> None:
        moment, went = Moment(), list[int]()

        async def waits(number: int) -> None:
            await moment.wait()
            went.append(number)

        async with anyio.create_task_group() as group:
            group.start_soon(waits, 1)
            group.start_soon(waits, 2)
            await anyio.sleep(1)
            assert (went, moment.is_set()) == ([], False)
            moment.set()
            moment.set()
        await waits(3)
        assert (went, moment.is_set()) == ([1, 2, 3], True)

    virtual(story)()


def test_waiting_may_be_bounded() -> None:
    """What has not come by then is not waited for; it has not come either."""

    async def story() -> None:
        moment, began = Moment(), asyncio.get_running_loop().time()
        await moment.wait(within=7)
        assert (asyncio.get_running_loop().time() - began, moment.is_set()) == (7, False)

    virtual(story)()


def test_who_has_gone_is_not_woken() -> None:
    """Neither by a timer that was left behind, nor by what comes: nothing keeps the loop busy."""

    async def story() -> None:
        moment = Moment()
        with anyio.move_on_after(1):
            await moment.wait(within=100)
        loop: Any = asyncio.get_running_loop()
        assert (moment._waiting, [timer for timer in loop._scheduled if not timer.cancelled()]) == ((), [])
        asyncio.get_running_loop().call_later(2, moment.set)
        await moment.wait(within=5)
        assert asyncio.get_running_loop().time() == 3

    virtual(story)()
