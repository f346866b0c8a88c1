"""The site of the documentation: it is built strictly, leads to every page, and loads nothing from other hosts."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.snippets import ROOT

CONFIGURATION = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
PAGES = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
GENERATOR = Path(sys.executable).with_name("zensical")
LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=\"?(?:https?:)?//[^>]*>")


def _listed(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    else:
        for one in part.values() if isinstance(part, dict) else part:
            yield from _listed(one)


def test_the_navigation_leads_to_every_page() -> None:
    """To each once."""
    listed = list(_listed(CONFIGURATION["project"]["nav"]))
    assert sorted(listed) == sorted(PAGES)


@pytest.mark.processes
def test_the_site_is_built_and_loads_nothing_from_other_hosts(tmp_path: Path) -> None:
    """No broken link, anchor or reference; no script, style, font or picture of anybody else's."""
    if not GENERATOR.exists():
        pytest.skip("zensical is not installed (make docs installs it); not tried.")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    text = (ROOT / "zensical.toml").read_text(encoding="utf-8").replace('paths = ["."]', f'paths = ["{ROOT}"]')
    (tmp_path / "zensical.toml").write_text(text)
    build = [str(GENERATOR), "build", "--strict"]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = sorted((tmp_path / "build" / "site").rglob("*.html"))
    assert len(built) > len(PAGES)
    assert (tmp_path / "build" / "site" / "llms.txt").exists()
    assert [found for page in built for found in LOADED.findall(page.read_text(encoding="utf-8"))] == []
    assert not [page for page in built if 'class="mermaid"' in page.read_text(encoding="utf-8")]
