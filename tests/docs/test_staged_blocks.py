"""Blocks that need a stage: a running emulator (emulator.md), a store of one's own (store.md), a linter (deploy.md)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio.to_thread
import boto3
import pytest

from agent.clock import Clock, SystemClock
from agent.emulator import emulate
from agent.ports import ContactStore
from agent.store.memory import MemoryStore
from agent.testing.conformance.store import StoreConformance
from tests.docs.snippets import snippets


def _blocks(page: str, language: str) -> list[str]:
    return [one.text for one in snippets() if (one.page, one.language) == (page, language)]


async def test_the_emulator_in_a_test_is_used_as_its_page_says() -> None:
    """Its block awaits, so it is the body of a coroutine."""
    block = _blocks("docs/emulator.md", "python")[0]
    lines = [*block.splitlines(), "    return connect.transcript(chat['ContactId'])"]
    body = "".join(f"    {line}\n" for line in lines)
    names: dict[str, Any] = {}
    exec(compile(f"async def page():\n{body}", "emulator.md", "exec"), names)
    assert "Hi, I am Sam" in [item.get("Content") for item in await names["page"]()]


async def test_boto3_is_used_as_the_page_of_the_emulator_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the address is another."""
    block = _blocks("docs/emulator.md", "python")[1]
    async with emulate() as connect:
        there, count = re.subn(r"http://127\.0\.0\.1:\d+", connect.url, block)
        assert count == 1
        names: dict[str, Any] = {"boto3": boto3}
        await anyio.to_thread.run_sync(exec, compile(there, "emulator.md", "exec"), names)
        for client in (names["connect"], names["chat"]):
            client.close()
    assert "Hello" in capsys.readouterr().out


class MyStore(MemoryStore):
    """What a reader of store.md would have written."""

    @classmethod
    async def create_empty(cls, clock: Clock) -> ContactStore:
        """A new one."""
        return cls(clock)


async def test_the_kit_for_stores_is_used_as_its_page_says() -> None:
    """The class of the page opens a store for the kit's tests."""
    (block,) = _blocks("docs/store.md", "python")
    names: dict[str, Any] = {
        "StoreConformance": StoreConformance,
        "Clock": Clock,
        "ContactStore": ContactStore,
        "MyStore": MyStore,
    }
    exec(compile(block, "store.md", "exec", dont_inherit=True), names)
    kit = names["TestMyStore"]
    assert [name for name in dir(kit) if name.startswith("test_")]
    assert isinstance(await kit().open(SystemClock()), MyStore)


def test_the_image_of_a_bot_is_tidy(tmp_path: Path) -> None:
    """hadolint has nothing against the Dockerfile of deploy.md but that its base has no version."""
    (block,) = _blocks("docs/deploy.md", "dockerfile")
    linter = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not installed for this platform; not tried.")
    (tmp_path / "Dockerfile").write_text(block)
    lint = [linter, "--ignore", "DL3006", str(tmp_path / "Dockerfile")]
    done = subprocess.run(lint, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
