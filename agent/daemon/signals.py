"""Signals as a stop in order: the first one asks, the second one forces. It knows nothing of what is stopped."""

import signal
from collections.abc import Callable

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

STOPPING = (signal.SIGINT, signal.SIGTERM)


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
