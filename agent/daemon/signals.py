"""Signals: the first stop asks, the second forces, a hang-up reloads. It knows nothing of what stops or reloads."""

import signal
from collections.abc import Callable

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


async def heed_reload(reload: Callable[[], None], *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
    """Calls `reload` at each SIGHUP; runs until cancelled."""
    with anyio.open_signal_receiver(RELOADING) as arrivals:
        task_status.started()
        async for _ in arrivals:
            reload()
