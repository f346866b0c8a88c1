"""Figures for people."""

import builtins
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent.cli.benching.figures import Figures, Tally, Usage
from agent.cli.benching.shown import histogram, plot, plotter, show
from agent.errors import ConfigurationError, InvalidSetting


def _figures(*latencies: float) -> Figures:
    tally = Tally(latencies=list(latencies), said=len(latencies))
    return Figures(bot="echo", chats=1, seconds=1.0, answered=1, replies=1, tally=tally, usage=Usage())


def test_every_latency_is_in_one_line_of_the_histogram() -> None:
    """The greatest one, too."""
    lines = histogram([n / 1000 for n in range(1, 101)])
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == 100
    assert len(lines) == 12
    assert lines[0].startswith("      1.0 -")


def test_one_latency_alone_and_none_at_all_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """As after a short run; what is not known is a dash."""
    assert sum(int(line.rpartition(" ")[2]) for line in histogram([0.005, 0.005])) == 2
    show(_figures(), Console())
    shown = capsys.readouterr().out
    assert "reply latency, ms" in shown
    assert "-, -" in shown


def test_a_picture_is_a_png(tmp_path: Path) -> None:
    """Drawn without a screen."""
    pytest.importorskip("matplotlib")
    plot(_figures(0.1, 0.2), tmp_path / "p.png", plotter())
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    plot(_figures(), tmp_path / "empty.png", plotter())
    with pytest.raises(InvalidSetting, match="--plot"):
        plot(_figures(0.1), tmp_path / "no" / "p.png", plotter())


def test_without_the_library_a_picture_is_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    known = builtins.__import__

    def importing(name: str, *more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return known(name, *more)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(ConfigurationError, match=r"connect-chat-agent\[bench\]"):
        plotter()
