"""When the author saves something. It only looks; what follows from it is decided elsewhere."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from watchfiles import awatch

from agent.cli.devloop.code import AuthorsCode

_LOOK_EVERY = 1_000
_COLLECT = 150
_STEP = 30


async def saves(code: AuthorsCode) -> AsyncGenerator[None, None]:
    """Yields whenever the files are others than `code` knew.

    The system's notes make it quick. As a file may be saved while nobody listens, and some file systems send none, it
    also looks by itself once a second.
    """
    while True:
        folders = code.folders
        async with aclosing(_notes(*folders)) as notes:
            async for _ in notes:
                if code.changed():
                    yield
                if code.folders != folders:
                    break


async def _notes(*folders: object) -> AsyncGenerator[None, None]:
    """One at once, then one for each note of the system and for each second."""
    yield
    watching = awatch(
        *folders,  # type: ignore[arg-type]
        watch_filter=None,
        recursive=False,
        debounce=_COLLECT,
        step=_STEP,
        rust_timeout=_LOOK_EVERY,
        yield_on_timeout=True,
    )
    async with aclosing(watching) as changes:
        async for _ in changes:
            yield
