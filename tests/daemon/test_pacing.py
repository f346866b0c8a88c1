"""The quota budget: never more than Amazon Connect allows, nobody forgotten, urgent calls first."""

from collections.abc import Callable, Coroutine
from itertools import accumulate
from typing import Any, TypeAlias

import anyio
import pytest

from agent.clock import LoopClock
from agent.daemon.bucket import Rate
from agent.daemon.pacing import FreePacer, QuotaPacer
from agent.ids import InstanceId
from agent.ports import Operation
from agent.testing.clocks import ManualClock

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
HERE, THERE = InstanceId("here"), InstanceId("there")
SEND, JOIN, CONNECT = Operation.SEND_MESSAGE, Operation.CREATE_PARTICIPANT, Operation.CREATE_PARTICIPANT_CONNECTION


def _pacer(rate: float = 10, burst: float = 15, **rest: Any) -> QuotaPacer:
    return QuotaPacer({operation: Rate(rate=rate, burst=burst) for operation in Operation}, clock=LoopClock(), **rest)


async def _calls(pacer: QuotaPacer, count: int, *, urgent: Callable[[int], bool] = lambda _: False) -> list[int]:
    """`count` calls at once; the order in which they went out."""
    out: list[int] = []

    async def call(number: int) -> None:
        await pacer.admit(SEND, HERE, urgent=urgent(number))
        out.append(number)

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(call, number)
    return out


def test_a_burst_is_free_and_then_the_rate_holds(virtually: Virtually) -> None:
    """15 at once, then 10 a second, first come first served."""

    async def story() -> None:
        assert await _calls(_pacer(), 35) == list(range(35))
        assert anyio.current_time() == pytest.approx(2.0, abs=0.01)

    virtually(story())


def test_an_idle_bucket_fills_to_its_burst_and_not_further(virtually: Virtually) -> None:
    """Silence saves up no more than one burst."""

    async def story() -> None:
        pacer = _pacer()
        await anyio.sleep(1_000)
        assert [pacer.spare(SEND, HERE) for _ in range(16)] == [True] * 15 + [False]

    virtually(story())


def test_urgent_calls_go_first_but_every_fifth_place_is_for_the_others(virtually: Virtually) -> None:
    """Nobody starves behind a stream of urgent calls."""

    async def story() -> None:
        pacer = _pacer(burst=1)
        await pacer.admit(SEND, HERE)
        order = await _calls(pacer, 24, urgent=lambda number: number >= 8)
        kinds = "".join("u" if number >= 8 else "p" for number in order)
        assert kinds == "uuuup" * 4 + "pppp"

    virtually(story())


def test_nobody_overtakes_those_who_wait(virtually: Virtually) -> None:
    """Typing and receipts take what is left over, never a waiting message's place."""

    async def story() -> None:
        pacer = _pacer(burst=1)
        assert pacer.spare(SEND, HERE)
        async with anyio.create_task_group() as group:
            group.start_soon(pacer.admit, SEND, HERE)
            await anyio.wait_all_tasks_blocked()
            assert pacer.waiting(SEND, HERE) == 1
            assert not pacer.spare(SEND, HERE)

    virtually(story())


def test_a_new_token_is_for_who_waits_not_for_who_comes_by(virtually: Virtually) -> None:
    """Also in the moment before the waiting call has woken up."""

    async def story() -> None:
        clock = ManualClock()
        pacer = QuotaPacer({SEND: Rate(rate=1, burst=1)}, clock=clock)
        await pacer.admit(SEND, HERE)
        async with anyio.create_task_group() as group:
            group.start_soon(pacer.admit, SEND, HERE)
            await anyio.wait_all_tasks_blocked()
            clock.advance(1)
            assert not pacer.spare(SEND, HERE)

    virtually(story())


def test_a_cancelled_wait_takes_no_place(virtually: Virtually) -> None:
    """The next in line moves up at once."""

    async def story() -> None:
        pacer = _pacer(rate=1, burst=1)
        await pacer.admit(SEND, HERE)
        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as impatient:
                group.start_soon(_cancel_when_blocked, impatient)
                await pacer.admit(SEND, HERE)
            await pacer.admit(SEND, HERE)
        assert anyio.current_time() == pytest.approx(1.0, abs=0.01)
        assert pacer.waiting(SEND, HERE) == 0

    virtually(story())


async def _cancel_when_blocked(scope: anyio.CancelScope) -> None:
    await anyio.wait_all_tasks_blocked()
    scope.cancel()


def test_the_first_in_line_may_give_up_and_the_second_goes_on(virtually: Virtually) -> None:
    """Whoever sleeps behind a caller that is cancelled is woken, not forgotten."""

    async def story() -> None:
        pacer = _pacer(rate=1, burst=1)
        await pacer.admit(SEND, HERE)
        scope = anyio.CancelScope()

        async def first() -> None:
            with scope:
                await pacer.admit(SEND, HERE)

        async with anyio.create_task_group() as group:
            group.start_soon(first)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(pacer.admit, SEND, HERE)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
        assert anyio.current_time() == pytest.approx(1.0, abs=0.01)

    virtually(story())


def test_participant_operations_count_per_instance_and_control_plane_per_account(virtually: Virtually) -> None:
    """Connect's own way of counting [documented]."""

    async def story() -> None:
        pacer = _pacer(burst=1)
        assert pacer.spare(SEND, HERE)
        assert pacer.spare(SEND, THERE)
        assert pacer.spare(JOIN, HERE)
        assert not pacer.spare(JOIN, THERE)

    virtually(story())


def test_a_429_halves_the_rate_which_comes_back_step_by_step(virtually: Virtually) -> None:
    """Nothing at once, half the rate for 5 s, the full rate 10 s after that; 429s of one volley count once."""

    async def story() -> None:
        pacer = _pacer(rate=10, burst=1)
        for _ in range(5):
            pacer.throttled(SEND, HERE)
        assert await _seconds(pacer, 25) == pytest.approx(5.0, abs=0.3)
        await anyio.sleep(15)
        assert await _seconds(pacer, 51) == pytest.approx(5.0, abs=0.1)

    virtually(story())


def test_repeated_429s_never_stop_the_sending(virtually: Virtually) -> None:
    """The rate has a floor: a twentieth."""

    async def story() -> None:
        pacer = _pacer(rate=10, burst=1)
        for _ in range(20):
            pacer.throttled(SEND, HERE)
            await anyio.sleep(1)
        assert await _seconds(pacer, 2) <= 4.0

    virtually(story())


async def _seconds(pacer: QuotaPacer, count: int) -> float:
    began = anyio.current_time()
    for _ in range(count):
        await pacer.admit(SEND, HERE)
    return anyio.current_time() - began


def test_workers_share_the_quota(virtually: Virtually) -> None:
    """With two workers each sends at half the rate, also in buckets that are already in use."""

    async def story() -> None:
        pacer = _pacer(rate=10, burst=10)
        assert pacer.spare(SEND, HERE)
        pacer.share = 0.5
        assert pacer.share == 0.5
        assert await _seconds(pacer, 5) == pytest.approx(0.0)
        assert await _seconds(pacer, 10) == pytest.approx(2.0, abs=0.01)
        await pacer.admit(SEND, THERE)
        assert sum(pacer.spare(SEND, THERE) for _ in range(10)) == 4

    virtually(story())


def test_a_grown_share_wakes_who_waits(virtually: Virtually) -> None:
    """A dead worker's quota is used at once."""

    async def story() -> None:
        pacer = _pacer(rate=1, burst=1, share=0.01)
        await pacer.admit(SEND, HERE)
        async with anyio.create_task_group() as group:
            group.start_soon(pacer.admit, SEND, HERE)
            await anyio.wait_all_tasks_blocked()
            pacer.share = 1.0
        assert anyio.current_time() == pytest.approx(1.0, abs=0.01)

    virtually(story())


def test_a_storm_of_a_thousand_reconnects_stays_within_quota_and_serves_waiting_customers_first(
    virtually: Virtually,
) -> None:
    """6 CreateParticipantConnection a second, 9 at once, in every window; the 100 chats with waiting messages lead."""
    out: list[tuple[float, bool]] = []

    async def story() -> None:
        pacer = _pacer(rate=6, burst=9)

        async def reconnect(number: int) -> None:
            urgent = number % 10 == 0
            await pacer.admit(CONNECT, HERE, urgent=urgent)
            out.append((anyio.current_time(), urgent))

        async with anyio.create_task_group() as group:
            for number in range(1_000):
                group.start_soon(reconnect, number)

    virtually(story())
    assert len(out) == 1_000
    assert out[-1][0] == pytest.approx((1_000 - 9) / 6, rel=0.01)
    times = [moment for moment, _ in out]
    for first in range(0, 1_000, 7):
        for last in range(first, 1_000, 13):
            assert last - first + 1 <= 9 + 6 * (times[last] - times[first]) + 0.01
    urgent_by_then = list(accumulate(urgent for _, urgent in out))
    assert urgent_by_then[130] >= 99


async def test_without_pacing_nobody_waits() -> None:
    """For local work."""
    pacer = FreePacer()
    pacer.throttled(SEND, HERE)
    for _ in range(1_000):
        await pacer.admit(SEND, HERE, urgent=True)
    assert pacer.spare(SEND, HERE)
