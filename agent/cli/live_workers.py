"""The workers of this machine, as the commands for live chats reach them: which one has the contact that is meant."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.daemon.control.client import Line, lines
from agent.errors import ControlRefused, NoWorker, WorkerLost


@contextmanager
def workers(directory: Path) -> Iterator[list[Line]]:
    """A line to each worker.

    Raises:
        NoWorker: there is none.
    """
    found = lines(directory)
    try:
        yield found
    finally:
        for line in found:
            line.close()


@contextmanager
def having(directory: Path, contact: str, *, stored: bool = False) -> Iterator[tuple[Line, str]]:
    """A line to the worker that serves the contact, and the contact's whole name.

    Args:
        contact: the beginning of its id.
        stored: one that nobody serves will do as well.

    Raises:
        ControlRefused: nobody knows it, or it may be several.
        NoWorker: there is no worker.
    """
    with workers(directory) as found:
        yield _located(found, contact, stored=stored)


def _located(found: list[Line], contact: str, *, stored: bool) -> tuple[Line, str]:
    served: dict[str, Line] = {}
    known: dict[str, Line] = {}
    for line in found:
        for match in _alive(line, "find", contact=contact, stored=stored).get("contacts", ()):
            (served if match["served"] else known).setdefault(match["contact"], line)
    names = served or known
    if len(names) == 1:
        name, line = next(iter(names.items()))
        return line, name
    if not names:
        raise ControlRefused("unknown", f"No worker here knows a contact that begins with {contact}; see 'ps'.")
    listed = ", ".join(sorted(name.rpartition("/")[2] for name in names))
    raise ControlRefused("ambiguous", f"{contact} may be {listed}; give more of it.")


def pages(line: Line, verb: str, key: str) -> Iterator[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Each page of a list, and what is listed under `key` in it; ends early when the worker goes away."""
    after: str | None = ""
    while after is not None:
        page = _alive(line, verb, after=after)
        yield page, page.get(key, [])
        after = page.get("next")


def _alive(line: Line, verb: str, **args: Any) -> Mapping[str, Any]:
    """The answer, or nothing from a worker that went away meanwhile."""
    try:
        return line.ask(verb, **args)
    except WorkerLost:
        return {}


def named(found: list[Line], name: str | None, *, everyone: bool) -> list[Line]:
    """The workers that are meant.

    Raises:
        ControlRefused: none or several go by that name, or there are several and none was named.
    """
    if everyone:
        return found
    meant = [line for line in found if line.name.startswith(name or "")]
    if len(meant) == 1:
        return meant
    listed = ", ".join(line.name for line in found)
    if not meant:
        raise ControlRefused("unknown", f"No worker here begins with {name}; there are {listed}.")
    raise ControlRefused("ambiguous", f"Several workers run here: {listed}; name one, or give --all.")


def seen(directory: Path, look: Callable[[list[Line]], Any], nobody: Any) -> Any:
    """What `look` sees; `nobody` while there is no worker."""
    try:
        with workers(directory) as found:
            return look(found)
    except NoWorker:
        return nobody
