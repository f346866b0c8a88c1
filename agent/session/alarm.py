"""A timer whose callback may use anyio: cheaper than a task that sleeps, for what most often does not happen.

It knows nothing of what it is for.
"""

import asyncio
from collections.abc import Callable
from contextvars import copy_context

try:
    from sniffio import current_async_library_cvar
except ImportError:  # anyio asks it only where it is installed
    current_async_library_cvar = None  # type: ignore[assignment]


def alarm(seconds: float, ring: Callable[[], None]) -> asyncio.TimerHandle:
    """Calls `ring` after `seconds`, unless it is cancelled before."""
    context = copy_context()
    if current_async_library_cvar is not None:  # a callback runs in no task, by which asyncio is recognised
        context.run(current_async_library_cvar.set, "asyncio")
    return asyncio.get_running_loop().call_later(seconds, ring, context=context)
