"""What the README shows is typed as written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
LINKS = re.compile(r"(?:\]\(|src(?:set)?=\")([^)#\"]+)")


def _snippets() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.processes
def test_the_bot_of_the_readme_passes_its_test(tmp_path: Path) -> None:
    """Two files, as a reader would make them, and pytest."""
    bot, test = _snippets()
    assert 25 <= len(bot.splitlines()) <= 35
    (tmp_path / "shop.py").write_text(bot)
    (tmp_path / "test_shop.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-o", "asyncio_mode=auto", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("link", sorted(set(LINKS.findall(README.read_text()))))
def test_every_page_and_picture_that_the_readme_names_exists(link: str) -> None:
    """No dead links."""
    assert (README.parent / link).exists()
