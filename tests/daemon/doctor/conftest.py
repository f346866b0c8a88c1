"""A local Amazon Connect in good health, and a machine without AWS."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.emulator import Emulator, Settings, emulate


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without AWS: no credentials, no configuration, no role, no proxy."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
async def connect() -> AsyncIterator[Emulator]:
    """An Amazon Connect in good health."""
    async with emulate(settings=Settings(validate_answers=True)) as emulator:
        yield emulator
