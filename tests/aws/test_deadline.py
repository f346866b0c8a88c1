"""A call's bound: late is a TimeoutError, and whoever else cancels is not mistaken for it."""

import asyncio

import anyio
import pytest

from agent.aws.deadline import Deadline


async def test_what_is_done_in_time_leaves_nothing_behind() -> None:
    """The timer goes with the body."""
    task = asyncio.current_task()
    assert task is not None
    with Deadline(30):
        await asyncio.sleep(0)
    assert not task.cancelling()


async def test_what_takes_too_long_is_a_timeout_error() -> None:
    """The body is cut, the task is not left cancelled."""
    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(TimeoutError), Deadline(0):
        await asyncio.Event().wait()
    assert not task.cancelling()
    await asyncio.sleep(0)


async def test_an_error_that_the_body_makes_of_its_end_passes() -> None:
    """Only the cancellation itself becomes a TimeoutError."""

    async def failing_at_its_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError

    with pytest.raises(KeyError), Deadline(0):
        await failing_at_its_end()


async def test_cancellation_by_somebody_else_passes() -> None:
    """A scope around the body is left as cancelled, not as late."""
    with anyio.CancelScope() as scope:
        with Deadline(30):
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_cancellation_by_somebody_else_wins_over_lateness() -> None:
    """Both at once: the task was meant to end."""

    async def cut_twice() -> None:
        task = asyncio.current_task()
        assert task is not None
        with Deadline(0) as deadline:
            task.cancel()
            deadline._expire()
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await cut_twice()
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()


def test_without_a_task_there_is_nothing_to_bind() -> None:
    """A callback of the loop cannot be cut."""

    async def from_a_callback() -> BaseException | None:
        found: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

        def enter() -> None:
            try:
                Deadline(1).__enter__()
            except RuntimeError as error:
                found.set_result(error)

        asyncio.get_running_loop().call_soon(enter)
        return await found

    assert isinstance(asyncio.run(from_a_callback()), RuntimeError)
