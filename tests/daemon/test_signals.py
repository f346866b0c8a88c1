"""The first signal asks, the second forces."""

import os
import signal

import anyio
import pytest

from agent.daemon.signals import hang_ups, heed, heed_reload


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_first_signal_asks_and_the_second_forces(number: signal.Signals) -> None:
    """Either of both kinds."""
    asked = anyio.Event()
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as work:
                group.start_soon(heed, asked.set, work)
                await anyio.wait_all_tasks_blocked()
                os.kill(os.getpid(), number)
                await asked.wait()
                assert not work.cancel_called
                os.kill(os.getpid(), number)
                await anyio.sleep_forever()
            assert work.cancelled_caught
            group.cancel_scope.cancel()


async def test_each_hang_up_reloads() -> None:
    """As often as it comes, without stopping anything; one that came early is not lost."""
    reloads = 0
    reloaded = anyio.Event()

    def reload() -> None:
        nonlocal reloads
        reloads += 1
        reloaded.set()

    with anyio.fail_after(20), hang_ups() as arrivals:
        os.kill(os.getpid(), signal.SIGHUP)
        async with anyio.create_task_group() as group:
            group.start_soon(heed_reload, arrivals, reload)
            await reloaded.wait()
            for number in (2, 3):
                reloaded = anyio.Event()
                os.kill(os.getpid(), signal.SIGHUP)
                await reloaded.wait()
                assert reloads == number
            group.cancel_scope.cancel()
