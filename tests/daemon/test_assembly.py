"""From settings to parts: every operation has its quota, every session setting its home."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from agent.clock import SystemClock
from agent.config import Configuration, SessionSection
from agent.daemon.assembly import (
    assembled,
    aws_settings,
    duty_of,
    lifespan_of,
    opened_store,
    worker_settings,
)
from agent.daemon.bucket import Rate
from agent.daemon.pacing import FreePacer, QuotaPacer
from agent.daemon.sources import OneContact
from agent.daemon.supervisor import Goodbye
from agent.daemon.tuning import rates, session_settings
from agent.errors import BotError, InvalidSetting, StoreUnusable
from agent.ids import ContactId, ContactKey, InstanceId, ParticipantId, Secret, WorkerId
from agent.ports import Claimable, Operation
from agent.record import ContactRecord, Participant
from agent.session.surroundings import SessionSettings
from agent.store.memory import MemoryStore
from agent.telemetry import Happening, silent

KEY = ContactKey(InstanceId("i"), ContactId("c"))


class Silence:
    """A `ContactSource` that never offers anything."""

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        send, receive = anyio.create_memory_object_stream[Claimable](0)
        async with send, receive:
            yield receive


def _settings(**sections: dict[str, Any]) -> Configuration:
    return Configuration(**sections)  # type: ignore[arg-type]


def _bot(**more: Any) -> Any:
    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        yield

    parts = {"name": "mine", "display_name": "Mine", "lifespan": lifespan, "report_to": lambda report: None, **more}
    return SimpleNamespace(**parts)


def test_the_session_s_settings_are_the_operator_s() -> None:
    """Same names, same defaults, and each one arrives; the protocol's timings are none, the guards have their own."""
    defaults = asdict(SessionSettings())
    del defaults["link"], defaults["guards"]
    assert SessionSection().model_dump() == defaults
    assert session_settings(SessionSection(turn_timeout=7, see_before_join=False)) == SessionSettings(
        turn_timeout=7, see_before_join=False
    )


def test_every_operation_has_amazon_connect_s_quota() -> None:
    """The documented rates and bursts."""
    quotas = rates(_settings().pacing)
    assert set(quotas) == set(Operation)
    assert quotas[Operation.SEND_MESSAGE] == Rate(rate=10, burst=15)
    assert quotas[Operation.CREATE_PARTICIPANT] == Rate(rate=5, burst=8)
    assert quotas[Operation.CREATE_PARTICIPANT_CONNECTION] == Rate(rate=6, burst=9)
    assert quotas[Operation.GET_TRANSCRIPT] == Rate(rate=8, burst=12)
    assert quotas[Operation.DISCONNECT_PARTICIPANT] == Rate(rate=3, burst=5)


@pytest.mark.parametrize(
    ("store", "on_stop", "asked", "goodbye"),
    [
        ("sqlite", "auto", None, Goodbye.RELEASE),
        ("memory", "auto", None, Goodbye.LEAVE),
        ("sqlite", "leave", None, Goodbye.LEAVE),
        ("memory", "release", None, Goodbye.RELEASE),
        ("sqlite", "auto", Goodbye.LEAVE, Goodbye.LEAVE),
    ],
)
def test_chats_are_left_where_nobody_could_go_on(
    store: str, on_stop: str, asked: Goodbye | None, goodbye: Goodbye
) -> None:
    """Unless the operator, or the command, says otherwise."""
    settings = _settings(store={"kind": store}, worker={"on_stop": on_stop})
    assert worker_settings(settings, resume=True, goodbye=asked).goodbye is goodbye


def test_the_operator_s_display_name_wins_over_the_author_s() -> None:
    """And each worker has a name of its own."""
    named = duty_of(_settings(connect={"display_name": "Shop"}), _bot())
    unnamed = duty_of(_settings(), _bot())
    assert (named.roster.bots, unnamed.roster.bots) == ({"mine": "Shop"}, {"mine": "Mine"})
    assert named.owner != unnamed.owner


def test_the_way_to_amazon_connect_is_the_operator_s() -> None:
    """Both addresses and the region."""
    settings = _settings(connect={"endpoint_url": "http://127.0.0.1:1", "region": "eu-west-2"})
    aws = aws_settings(settings.connect)
    assert (aws.endpoint_url, aws.participant_endpoint, aws.region) == (
        "http://127.0.0.1:1",
        "http://127.0.0.1:1",
        "eu-west-2",
    )


async def test_the_store_is_memory_or_a_private_file_with_its_directory(tmp_path: Path) -> None:
    """Made where it is wanted, readable by nobody else."""
    async with opened_store(_settings(store={"kind": "memory"}).store, SystemClock()) as memory:
        assert isinstance(memory, MemoryStore)
    path = tmp_path / "down" / "contacts.sqlite3"
    async with opened_store(_settings(store={"path": path}).store, SystemClock()) as store:
        await store.heartbeat(WorkerId("me"), ttl=10)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_only_the_default_place_is_made_with_all_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that was given may be mistyped: a missing parent of its directory is an error, and nothing is made."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a" / "state"))
    async with opened_store(_settings().store, SystemClock()) as store:
        await store.heartbeat(WorkerId("me"), ttl=10)
    assert (tmp_path / "a" / "state" / "chat-agent").stat().st_mode & 0o777 == 0o700
    with pytest.raises(StoreUnusable, match="Give a file in a directory that exists"):
        async with opened_store(_settings(store={"path": tmp_path / "typo" / "deep" / "s.db"}).store, SystemClock()):
            pass
    assert not (tmp_path / "typo").exists()


async def test_with_a_key_tokens_are_sealed_at_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key comes by reference; what is written does not hold the token."""
    monkeypatch.setenv("STORE_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    path = tmp_path / "contacts.sqlite3"
    section = _settings(store={"path": path, "encryption_keys": ["env:STORE_KEY"]}).store
    participant = Participant(participant_id=ParticipantId("p"), token=Secret("very-secret-token"))
    record = ContactRecord(key=KEY, bot="mine", display_name="Mine", participant=participant)
    async with opened_store(section, SystemClock()) as store:
        claimed = await store.claim(record, owner=WorkerId("me"))
        assert claimed.participant == participant
    assert b"very-secret-token" not in _bytes_in(tmp_path)


def _bytes_in(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.iterdir())


async def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "below"))
    section = _settings().store
    with pytest.raises(InvalidSetting, match=r"store\.path: .* cannot be made"):
        async with opened_store(section, SystemClock()):
            pass


@pytest.mark.parametrize("paced", [True, False])
async def test_a_worker_is_assembled_with_the_pacing_that_is_set(paced: bool) -> None:
    """On, the whole share is its own until others are counted."""
    settings = _settings(
        connect={"endpoint_url": "http://127.0.0.1:9"},
        store={"kind": "memory"},
        pacing={"enabled": paced, "share": 0.5},
    )
    bot = _bot()
    async with assembled(settings, bot, bot, source=OneContact(KEY), report=silent) as assembly:
        pacer = assembly.ports.pacer
        assert isinstance(pacer, QuotaPacer if paced else FreePacer)
        if isinstance(pacer, QuotaPacer):
            assert pacer.share == 0.5
        assert isinstance(assembly.ports.store, MemoryStore)


async def test_every_served_bot_s_lifespan_is_entered_and_every_bot_told_where_to_report() -> None:
    """The one that leads, and those that rules name; each once, also when two rules name it."""
    lived: list[str] = []

    def bot(name: str) -> Any:
        @asynccontextmanager
        async def lifespan() -> AsyncIterator[None]:
            lived.append(name)
            yield
            lived.append(f"{name} ended")

        return _bot(name=name, lifespan=lifespan, report_to=lambda report: lived.append(f"{name} reports"))

    settings = _settings(
        connect={"endpoint_url": "http://127.0.0.1:9"},
        store={"kind": "memory"},
        bot={"target": "m:one"},
        routing={"rules": [{"bot": "m:two", "queue": "q"}, {"bot": "m:one", "flow": "f"}]},
    )
    one, two = bot("one"), bot("two")
    source = Silence()
    async with (
        assembled(settings, one, one, also={"m:two": two, "m:one": one}, source=source, report=silent) as assembly,
        anyio.create_task_group() as group,
    ):
        await group.start(assembly.worker.run)
        assembly.worker.stop()
    assert lived == ["one reports", "two reports", "one", "two", "two ended", "one ended"]


async def test_a_lifespan_that_does_not_open_is_the_bot_s_error() -> None:
    """Told with its place; what is raised later is raised as it is."""

    @asynccontextmanager
    async def broken() -> AsyncIterator[None]:
        raise OSError("no database")
        yield

    told: list[Happening] = []
    with pytest.raises(BotError, match="lifespan of bot 'mine' failed with OSError"):
        async with lifespan_of(_bot(lifespan=broken), told.append):
            pass
    assert [happening.name for happening in told] == ["bot.not_ready"]
    with pytest.raises(KeyError):
        async with lifespan_of(_bot(), told.append):
            raise KeyError
