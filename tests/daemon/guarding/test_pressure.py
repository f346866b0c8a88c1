"""When memory or the event loop is short nobody is let in; when it has eased, again."""

from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.config import BotGuards, GuardsSection
from agent.daemon.guarding import pressure, settings
from agent.daemon.guarding.pressure import LOOP, MEMORY, Pressure, PressureSettings, memory_limit, memory_used
from agent.daemon.guarding.worker import WorkerGuards
from agent.daemon.room import Room
from agent.session.rails import GuardSettings
from agent.telemetry import Happening


def _lag(seconds: float) -> Happening:
    return Happening(name="loop.lag", fields={"seconds": seconds})


def test_a_loop_that_is_late_again_and_again_shuts_the_door() -> None:
    """One late second does not; it opens after some that were in time."""
    room, told = Room(10), list[Happening]()
    guard = Pressure(PressureSettings(memory=None, loop_lag=1.0), room=room, report=told.append)
    for seconds in (2, 2, 0, 2, 2):
        guard(_lag(seconds))
    assert room.free == 10
    guard(_lag(1.0))
    assert room.shut_by == {LOOP}
    for _ in range(4):
        guard(_lag(0))
    assert room.shut_by == {LOOP}
    guard(_lag(0))
    assert room.free == 10
    assert [happening.name for happening in told] == ["guard.shut", "guard.reopened"]


def test_memory_above_its_mark_shuts_the_door() -> None:
    """It opens when there is clearly less, so that it does not flap."""
    room, used = Room(10), [100]
    guard = Pressure(
        PressureSettings(memory=1_000, loop_lag=None), room=room, report=lambda happening: None, used=lambda: used[0]
    )
    for amount, shut in ((999, set()), (1_000, {MEMORY}), (960, {MEMORY}), (940, set())):
        used[0] = amount
        guard(_lag(0))
        assert room.shut_by == shut


def test_a_mark_that_is_taken_away_opens_the_door() -> None:
    """Settings may change while the worker runs; happenings of others are passed over."""
    room = Room(10)
    guard = Pressure(PressureSettings(memory=1, loop_lag=0.1), room=room, report=lambda happening: None, used=lambda: 5)
    guard(Happening(name="other"))
    for _ in range(3):
        guard(_lag(1))
    assert room.shut_by == {LOOP, MEMORY}
    guard.settings = PressureSettings(memory=None, loop_lag=None)
    guard(_lag(1))
    assert room.free == 10


def test_memory_is_read_from_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit counts only when it has one."""
    assert memory_used() > 1_000_000
    limited, unlimited, old = tmp_path / "max", tmp_path / "none", tmp_path / "old"
    limited.write_text("1000000\n")
    unlimited.write_text("max\n")
    old.write_text(str(1 << 62))
    assert memory_limit((tmp_path / "missing", limited)) == 1_000_000
    assert memory_limit((unlimited, old)) is None
    monkeypatch.setattr(pressure, "Path", lambda name: tmp_path / "missing")
    assert memory_used() > 1_000_000


def test_the_mark_is_named_or_nine_tenths_of_the_containers_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or there is none."""
    monkeypatch.setattr(settings, "memory_limit", lambda: 1_000)
    assert settings.pressure_of(GuardsSection(memory_mb=2)).memory == 2 * 1024 * 1024
    assert settings.pressure_of(GuardsSection()).memory == 900
    assert settings.pressure_of(GuardsSection(memory_mb="never")).memory is None  # type: ignore[arg-type]
    monkeypatch.setattr(settings, "memory_limit", lambda: None)
    assert settings.pressure_of(GuardsSection()).memory is None


def test_a_bots_own_reply_times_win() -> None:
    """What it does not name is everybody's."""
    section = GuardsSection(line_after=5, hand_off_line="Bye", bots={"shop": BotGuards(line_after=2)})
    assert settings.guards_of(section, "shop").line_after == 2
    assert settings.guards_of(section, "shop").hand_off_line == "Bye"
    assert settings.guards_of(section, "other").line_after == 5


def test_settings_and_guards_have_the_same_lines() -> None:
    """An operator's defaults are those of the code, where both have one."""
    for name in ("waiting_line", "hand_off_line", "hand_off_attribute", "ping_pong_pause", "circuit_hand_off"):
        assert getattr(GuardsSection(), name) == getattr(GuardSettings(), name)


def test_the_workers_guards_follow_new_settings() -> None:
    """Without a restart."""
    room = Room(10)
    guards = WorkerGuards(
        GuardsSection(loop_lag=1), bots=["mine"], room=room, clock=SystemClock(), report=lambda happening: None
    )
    guards.adopt(GuardsSection(loop_lag=5))
    for _ in range(3):
        guards(_lag(2))
    assert room.free == 10
    guards.adopt(GuardsSection(loop_lag=1))
    for _ in range(3):
        guards(_lag(2))
    assert room.shut_by == {LOOP}
    assert not guards.failing("mine")
