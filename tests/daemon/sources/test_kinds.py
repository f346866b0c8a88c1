"""From settings to an open source, ours or a stranger's; whatever is missing is told before anything starts."""

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from agent.config import Configuration
from agent.daemon.room import Room
from agent.daemon.sources import LocalSource
from agent.daemon.sources.http import HttpSource
from agent.daemon.sources.kinds import source_of
from agent.daemon.sources.sqs import SqsSource
from agent.errors import InvalidSetting, TargetBroken, TargetNotFound
from agent.telemetry import silent

STRANGER = """
from contextlib import asynccontextmanager


class Bell:
    def __init__(self, options, room):
        self.options, self.room = options, room

    def offers(self):
        raise NotImplementedError


def bell(options, *, room, report):
    return Bell(options, room)


@asynccontextmanager
async def opened(options, *, room, report):
    yield Bell(options, room)


def picky(options, *, room, report):
    raise KeyError("town")


def nothing(options, *, room, report):
    return 3
"""


def _settings(**source: Any) -> Configuration:
    return Configuration(source=source, connect={"region": "us-east-1"})  # type: ignore[arg-type]


async def _opened(settings: Configuration, room: Room | None = None) -> Any:
    async with source_of(settings)(room or Room(1), silent) as source:
        return source


async def test_our_own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with what it needs."""
    monkeypatch.setenv("OFFERS", "hush")
    assert isinstance(await _opened(_settings(kind="local", url="http://127.0.0.1:9")), LocalSource)
    assert isinstance(await _opened(_settings(kind="sqs", queue_url="http://127.0.0.1:9/1/q")), SqsSource)
    assert isinstance(await _opened(_settings(kind="http", port=0, secret="env:OFFERS")), HttpSource)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({}, r"source\.kind: .*--source sqs with --queue-url"),
        ({"kind": "local"}, r"source\.url"),
        ({"kind": "sqs"}, r"source\.queue_url: .*--queue-url"),
        ({"kind": "http", "port": 0, "secret": "env:NO_SUCH_VARIABLE"}, r"source\.secret"),
        ({"kind": "http", "port": 0, "host": "0.0.0.0"}, r"source\.secret"),
    ],
)
async def test_what_a_kind_lacks_is_told(source: dict[str, Any], words: str) -> None:
    """With what to give."""
    with pytest.raises(InvalidSetting, match=words):
        await _opened(_settings(**source))


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Installs entry points of the group, by name and target."""
    (tmp_path / "ringing.py").write_text(STRANGER, encoding="utf-8")
    (tmp_path / "cracked.py").write_text("import nowhere_to_be_found", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def install(**points: str) -> None:
        found = [metadata.EntryPoint(name, target, "agent.sources") for name, target in points.items()]
        monkeypatch.setattr(metadata, "entry_points", lambda group: found if group == "agent.sources" else [])

    return install


async def test_an_installed_source_gets_its_options_and_the_room(strangers: Callable[..., None]) -> None:
    """One that must be opened first is."""
    strangers(bell="ringing:bell", opened="ringing:opened", cracked="cracked:source")
    room = Room(3)
    for kind in ("bell", "opened", "ringing:bell"):
        source = await _opened(_settings(kind=kind, options={"town": "Ulm"}), room)
        assert (source.options, source.room) == ({"town": "Ulm"}, room)


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("bel", TargetNotFound, "Did you mean 'bell'.*Installed: .*bell.*Built in: http, local, sqs"),
        ("sqss", TargetNotFound, "Built in: http, local, sqs. Did you mean 'sqs'"),
        ("cracked", TargetBroken, "nowhere_to_be_found"),
        ("picky", TargetBroken, "KeyError"),
        ("nothing", TargetBroken, "int, which offers nothing"),
    ],
)
async def test_a_stranger_s_source_that_cannot_be_had_is_told(
    strangers: Callable[..., None], kind: str, error: type[Exception], words: str
) -> None:
    """With what there is; one that is broken takes no other down."""
    strangers(bell="ringing:bell", cracked="cracked:source", picky="ringing:picky", nothing="ringing:nothing")
    with pytest.raises(error, match=words):
        await _opened(_settings(kind=kind))
