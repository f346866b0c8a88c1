"""Chats that wait for a bot which is not served: told by bot, seldom, with how many there are."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio

from agent.daemon.unserved import Unserved

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


def test_each_bot_is_told_of_when_met_and_a_new_count_once_a_minute_at_most(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """A deployment that hands its chats over, one by one, fills no other one's log."""

    async def story() -> None:
        stage = stand_ins.stage()
        unserved = Unserved(stage.clock, stage.report)
        keys = [stand_ins.key(str(number)) for number in range(50)]
        for number, key in enumerate(keys, 1):
            unserved.meet(key, "shop")
            unserved.looked(keys[:number])
        unserved.meet(stand_ins.key("x"), "faq")
        unserved.looked([*keys, stand_ins.key("x")])
        await anyio.sleep(60)
        unserved.looked(keys)
        assert [tuple(told.fields.values()) for told in stage.told] == [("shop", 1), ("faq", 1), ("shop", 50)]
        assert len(unserved) == 50

    virtually(story())


def test_a_bot_that_comes_and_goes_is_told_anew_after_a_minute(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """And what was told of it is not kept for ever."""

    async def story() -> None:
        stage = stand_ins.stage()
        unserved = Unserved(stage.clock, stage.report)
        key = stand_ins.key("a")
        for told in (1, 1, 2):
            unserved.meet(key, "shop")
            unserved.looked([key])
            assert len(stage.told) == told
            await anyio.sleep(30)
            unserved.looked([])
        await anyio.sleep(30)
        unserved.looked([])
        assert unserved._told == {}

    virtually(story())
