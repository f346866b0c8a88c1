"""Which store the settings open: the built-in ones, an installed one, and what is said about one that cannot be."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import metadata
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from agent.aws.dynamodb import DynamoDBStore
from agent.aws.settings import AwsSettings
from agent.clock import SystemClock
from agent.config import StoreSection
from agent.daemon.stores import opened_store, table_settings
from agent.errors import ConfigurationError, InvalidSetting, TargetBroken, TargetNotFound
from agent.ids import WorkerId
from agent.store import MemoryStore
from tests.aws.dynamodb.tables import made_table
from tests.aws.moto import Moto

Installing = Callable[..., None]


class Closing(MemoryStore):
    closed = False

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installing:
    """Stores as installed packages bring them; `None` stands for one that breaks on import."""

    def install(**factories: object) -> None:
        module = ModuleType("their_stores")
        vars(module).update(factories)
        monkeypatch.setitem(sys.modules, "their_stores", module)
        points = [
            metadata.EntryPoint(name, f"their_stores:{name}" if made else "their_broken:store", "agent.stores")
            for name, made in factories.items()
        ]
        monkeypatch.setattr(metadata, "entry_points", lambda group: points if group == "agent.stores" else [])

    return install


async def opened(kind: str, **settings: Any) -> object:
    async with opened_store(StoreSection(kind=kind, **settings), SystemClock()) as store:
        await store.heartbeat(WorkerId("ann"), ttl=10)
        return store


async def test_a_table_is_a_store(moto: Moto) -> None:
    """`store.kind = "dynamodb"` with the table's name and where it is."""
    made = made_table(moto)
    where = {"table": made.table, "region": made.region, "endpoint_url": made.endpoint_url, "call_timeout": 60}
    assert isinstance(await opened("dynamodb", **where, patience=60), DynamoDBStore)


async def test_a_table_must_be_named() -> None:
    """And its Region is Amazon Connect's, unless another is set."""
    with pytest.raises(InvalidSetting, match=r"store\.table"):
        await opened("dynamodb")
    with pytest.raises(ValidationError):
        StoreSection(kind="dynamodb", table="no/name")
    here = AwsSettings(region="eu-west-1", endpoint_url="http://127.0.0.1:4510")
    found = table_settings(StoreSection(table="chats"), here)
    assert (found.region, found.endpoint_url) == ("eu-west-1", None)
    assert table_settings(StoreSection(table="chats", region="eu-west-2"), here).region == "eu-west-2"


async def test_a_stray_variable_cannot_send_records_elsewhere(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address outside AWS must stand in the settings."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "https://evil.example")
    with pytest.raises(ConfigurationError, match="lies outside AWS"):
        await opened("dynamodb", table="chats", region="eu-west-2")


async def test_an_installed_store_is_made_with_its_options(installed: Installing) -> None:
    """A plain one is closed at the end; one that must be opened is a context."""
    told: list[Mapping[str, str]] = []

    def plain(options: Mapping[str, str], *, clock: Any, sealer: Any) -> Closing:
        told.append(options)
        return Closing(clock)

    @asynccontextmanager
    async def context(options: Mapping[str, str], *, clock: Any, sealer: Any) -> AsyncIterator[MemoryStore]:
        yield MemoryStore(clock)
        told.append({"left": "yes"})

    installed(plain=plain, context=context)
    store = await opened("plain", options={"path": "/x"})
    assert isinstance(store, Closing)
    assert store.closed
    assert isinstance(await opened("context"), MemoryStore)
    assert told == [{"path": "/x"}, {"left": "yes"}]


async def test_one_that_breaks_takes_no_other_down(installed: Installing) -> None:
    """On import, when it is made, or because it is no store."""

    def raising(options: Mapping[str, str], *, clock: Any, sealer: Any) -> MemoryStore:
        raise OSError("no disk")

    def refusing(options: Mapping[str, str], *, clock: Any, sealer: Any) -> MemoryStore:
        raise InvalidSetting("store.options", "path is missing")

    def wrong(options: Mapping[str, str], *, clock: Any, sealer: Any) -> object:
        return object()

    def good(options: Mapping[str, str], *, clock: Any, sealer: Any) -> MemoryStore:
        return MemoryStore(clock)

    installed(broken=None, raising=raising, refusing=refusing, wrong=wrong, good=good)
    for kind, kindly in {
        "broken": "their_broken",
        "raising": "OSError: no disk",
        "refusing": "path is missing",
        "wrong": "it lacks",
    }.items():
        with pytest.raises(ConfigurationError, match=kindly):
            await opened(kind)
    with pytest.raises(TargetBroken):
        await opened("wrong")
    assert isinstance(await opened("good"), MemoryStore)


async def test_an_unknown_store_says_which_there_are(installed: Installing) -> None:
    """Built in and installed, and which was probably meant."""
    installed(redis=MemoryStore)
    with pytest.raises(TargetNotFound) as raised:
        await opened("dynamo")
    for word in ("redis", "memory, sqlite, dynamodb", "Did you mean"):
        assert word in str(raised.value)
