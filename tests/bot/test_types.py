"""The public surface under an author's type checker."""

import subprocess
import sys
from pathlib import Path

import pytest

SURFACE = Path(__file__).with_name("surface.py")


@pytest.mark.timeout(300)
@pytest.mark.processes
def test_the_surface_is_typed_as_it_reads() -> None:
    """mypy --strict agrees with every assert_type, and refuses what is marked as wrong."""
    command = [sys.executable, "-m", "mypy", "--strict", str(SURFACE)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=SURFACE.parents[2], timeout=280)
    assert ran.returncode == 0, ran.stdout


def test_the_surface_can_be_imported() -> None:
    """Every registration in it is legal; mistakes of types are not mistakes of registration, but for the one marked."""
    source = SURFACE.read_text(encoding="utf-8")
    legal = source[: source.index("@bot.on_message()  # type: ignore")]
    exec(compile(legal, str(SURFACE), "exec"), {"__name__": "surface"})


def test_every_public_name_is_there_and_sorted() -> None:
    """What `agent.__all__` lists can be imported; nothing else is a public name."""
    import agent

    assert list(agent.__all__) == sorted(agent.__all__)
    for name in agent.__all__:
        assert getattr(agent, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Bott'"):
        _ = agent.Bott  # type: ignore[attr-defined]
