"""The one check with an effect: a real chat, joined by a real bot, and ended whatever comes of it."""

from pathlib import Path
from typing import Any

import pytest

from agent.daemon.doctor import trial
from agent.daemon.doctor.findings import Finding, Severity
from agent.daemon.doctor.trial import TRIAL
from agent.emulator import Emulator, Fault, Rule
from tests.daemon.doctor.patients import at, visit

BOT = "CUSTOM_BOT"


async def tried(connect: Emulator, tmp_path: Path, **rule: Any) -> Finding:
    """What comes of it in this weather; no chat is left open."""
    connect.weather.set([Rule(**rule)] if rule else [])
    (finding,) = await visit(at(connect.url, tmp_path), checks=TRIAL, try_chat="no-bot")
    assert all(chat.ended for chat in connect.region.chats())
    return finding


async def test_a_bot_that_hears_is_well(connect: Emulator, tmp_path: Path) -> None:
    """Joined, connected, subscribed."""
    assert (await tried(connect, tmp_path)).severity is Severity.OK
    assert len(connect.region.chats()) == 1


async def test_a_chat_that_may_not_be_started(connect: Emulator, tmp_path: Path) -> None:
    """The permission is told."""
    finding = await tried(
        connect, tmp_path, fault=Fault.ERROR, operation="StartChatContact", error="AccessDeniedException", status=403
    )
    assert finding.severity is Severity.FAIL
    assert "connect:StartChatContact" in finding.remedy


async def test_a_bot_that_may_not_join(connect: Emulator, tmp_path: Path) -> None:
    """With what Amazon Connect answered."""
    rule = {"fault": Fault.ERROR, "operation": "CreateParticipant", "error": "ConflictException", "status": 409}
    finding = await tried(connect, tmp_path, **rule)
    assert finding.severity is Severity.FAIL
    assert finding.cause == "CreateParticipant answered ConflictException"


async def test_a_websocket_that_is_refused(connect: Emulator, tmp_path: Path) -> None:
    """At its upgrade."""
    finding = await tried(connect, tmp_path, fault=Fault.REFUSE_UPGRADE, role=BOT)
    assert (finding.severity, finding.what) == (Severity.FAIL, "the bot's websocket does not work")


async def test_a_subscription_that_is_refused(connect: Emulator, tmp_path: Path) -> None:
    """The socket opens, and hears nothing."""
    finding = await tried(connect, tmp_path, fault=Fault.REFUSE_SUBSCRIBE, role=BOT)
    assert finding.severity in (Severity.WARN, Severity.FAIL)
    assert "websocket" in finding.what or "subscription" in finding.what


async def test_a_subscription_that_is_not_answered(
    connect: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence for so long is no."""
    monkeypatch.setattr(trial, "ANSWER", 0.05)
    finding = await tried(connect, tmp_path, fault=Fault.IGNORE_SUBSCRIBE, role=BOT)
    assert (finding.severity, finding.cause) == (Severity.FAIL, "silence")
