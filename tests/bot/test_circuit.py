"""A backend that fails is left alone, asked once after a while, and taken back when it answers."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from agent import Bot, Chat, CircuitBreaker, CircuitOpen, Message
from agent.bot.circuit import CircuitState
from agent.errors import CustomerLeft, RegistrationError
from agent.testing import chatting
from agent.testing.virtual import run_virtually


async def _call(circuit: CircuitBreaker, error: BaseException | None = None) -> None:
    async with circuit:
        if error:
            raise error


async def _fail(circuit: CircuitBreaker, times: int, error: type[Exception] = OSError) -> None:
    for _ in range(times):
        with pytest.raises(error):
            await _call(circuit, error())


def _virtually(story: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def test() -> None:
        run_virtually(story())

    test.__name__, test.__doc__ = story.__name__, story.__doc__
    return test


@_virtually
async def test_it_opens_after_so_many_failures_within_their_time() -> None:
    """Then nothing gets through."""
    circuit = CircuitBreaker("orders", failures=3, within=10)
    await _fail(circuit, 2)
    await anyio.sleep(20)
    await _fail(circuit, 2)
    assert circuit.state is CircuitState.CLOSED
    await _fail(circuit, 1)
    assert circuit.state is CircuitState.OPEN
    with pytest.raises(CircuitOpen, match="'orders'"):
        await _call(circuit)


@_virtually
async def test_after_a_rest_one_call_decides() -> None:
    """While it is under way the others are still refused."""
    circuit = CircuitBreaker("orders", failures=1, rest=30)
    await _fail(circuit, 1)
    await anyio.sleep(31)
    assert circuit.state is CircuitState.HALF_OPEN
    async with circuit:
        with pytest.raises(CircuitOpen):
            await _call(circuit)
    assert circuit.state is CircuitState.CLOSED
    await _call(circuit)


@_virtually
async def test_a_probe_that_fails_lets_it_rest_again() -> None:
    """One that is cancelled tells nothing, and another one may try."""
    circuit = CircuitBreaker("orders", failures=2, within=10, rest=30)
    await _fail(circuit, 2)
    await anyio.sleep(31)
    await _fail(circuit, 1)
    assert circuit.state is CircuitState.OPEN
    await anyio.sleep(31)
    with anyio.move_on_after(1):
        async with circuit:
            await anyio.sleep_forever()
    assert circuit.state is CircuitState.HALF_OPEN


@_virtually
async def test_only_the_backends_errors_count() -> None:
    """Neither others nor the end of the conversation."""
    circuit = CircuitBreaker("orders", failures=1, errors=(OSError,))
    await _fail(circuit, 1, ValueError)
    every = CircuitBreaker("orders", failures=1)
    await _fail(every, 1, CustomerLeft)
    assert (circuit.state, every.state) == (CircuitState.CLOSED, CircuitState.CLOSED)


@_virtually
async def test_a_call_that_began_before_it_opened_does_not_close_it() -> None:
    """It tells of the past."""
    circuit = CircuitBreaker("orders", failures=1)
    async with circuit:
        await _fail(circuit, 1)
    assert circuit.state is CircuitState.OPEN


@pytest.mark.parametrize("numbers", [{"failures": 0}, {"within": 0.0}, {"rest": -1.0}])
def test_numbers_that_cannot_work_are_refused(numbers: dict[str, Any]) -> None:
    """At once."""
    with pytest.raises(RegistrationError, match="must be positive"):
        CircuitBreaker("orders", **numbers)


async def test_a_step_behind_an_open_circuit_hands_the_chat_off() -> None:
    """The customer hears one sentence instead of waiting for a backend that does not answer."""
    circuit = CircuitBreaker("orders", failures=2)
    bot = Bot("shop")
    calls: list[str] = []

    async def place(text: str) -> str:
        calls.append(text)
        raise OSError

    @bot.on_message()
    async def order(chat: Chat, message: Message) -> None:
        await chat.step(circuit.guarding(place), message.text)

    async with chatting(bot) as customer:
        for text in ("one", "two"):
            await customer.says(text)
            await customer.sees(bot.texts.apology)
        await customer.says("three")
        await customer.sees("I am passing you on to a colleague.")
        assert calls == ["one", "two"]
