"""What the README shows is typed as written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
TESTING = README.parent / "docs" / "testing.md"
LINKS = re.compile(r"(?:\]\(|src(?:set)?=\")([^)#\"]+)")


def _snippets() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


def _run(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.processes
def test_the_bot_of_the_readme_passes_its_test(tmp_path: Path) -> None:
    """Two files, as a reader would make them, and pytest as the page says; or with what docs/testing.md sets."""
    bot, test = _snippets()
    assert 25 <= len(bot.splitlines()) <= 35
    (tmp_path / "shop.py").write_text(bot)
    (tmp_path / "test_shop.py").write_text(test)
    (command,) = re.findall(r"`pytest (.*?)`", README.read_text())
    assert "1 passed" in _run(tmp_path, *command.split())
    (settings,) = re.findall(r"^```toml\n(.*?)^```$", TESTING.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(settings)
    assert "1 passed" in _run(tmp_path)


@pytest.mark.parametrize("link", sorted(set(LINKS.findall(README.read_text()))))
def test_every_page_and_picture_that_the_readme_names_exists(link: str) -> None:
    """No dead links."""
    assert (README.parent / link).exists()
