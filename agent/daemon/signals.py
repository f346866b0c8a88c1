"""Signals: the first stop asks, the second forces, a hang-up reloads. It knows nothing of what stops or reloads."""

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

STOPPING = (signal.SIGINT, signal.SIGTERM)
RELOADING = signal.SIGHUP


async def heed(
    stop: Callable[[], None], force: anyio.CancelScope, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
) -> None:
    """Calls `stop` at the first SIGINT or SIGTERM and cancels `force` at the second; runs until cancelled."""
    with anyio.open_signal_receiver(*STOPPING) as arrivals:
        task_status.started()
        await anext(arrivals)
        stop()
        await anext(arrivals)
        force.cancel()


def hang_ups() -> AbstractContextManager[AsyncIterator[signal.Signals]]:
    """Every SIGHUP from the opening on; those that nobody has asked for yet are kept."""
    return anyio.open_signal_receiver(RELOADING)


async def heed_reload(arrivals: AsyncIterator[signal.Signals], reload: Callable[[], None]) -> None:
    """Calls `reload` for each of `arrivals`; runs until cancelled."""
    async for _ in arrivals:
        reload()
