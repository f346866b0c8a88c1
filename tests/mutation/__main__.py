"""``python -m tests.mutation [WORDS]``: puts each defect into a copy of the project and shows which test failed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from tests.mutation.defects import DEFECTS, Defect

ROOT = Path(__file__).parents[2]
COPIED = ("agent", "bots", "tests", "pyproject.toml", "README.md")
OWNERSHIP = (
    "tests/daemon/test_ownership_machine.py",
    "tests/daemon/test_moving.py",
    "tests/daemon/test_ownership.py",
    "tests/daemon/test_astray.py",
)
SUITES = ("tests/session", *OWNERSHIP, "tests/daemon/test_relief.py", "tests/simulation")
AT_MOST = 300


def verdict(defect: Defect) -> str | None:
    """The first test that failed, or None when the defect survived."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        _put(defect, copy / defect.file)
        return _first_failure(copy)


def _put(defect: Defect, file: Path) -> None:
    text = file.read_text()
    if text.count(defect.old) != 1:
        raise SystemExit(f"{defect.name}: the code has changed; {defect.file} no longer reads as expected")
    file.write_text(text.replace(defect.old, defect.new))


def _first_failure(copy: Path) -> str | None:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *SUITES]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=AT_MOST, check=False
        )
    except subprocess.TimeoutExpired:
        return "the suite did not end"
    if done.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found.group(1) if found else f"exit code {done.returncode}"


def main(words: list[str]) -> int:
    """The exit code: 0 when every defect was caught."""
    console = Console(soft_wrap=True)
    wanted = [defect for defect in DEFECTS if all(word in defect.name for word in words)]
    survivors = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for defect, failed in zip(wanted, pool.map(verdict, wanted), strict=True):
            survivors += failed is None
            mark = "[red]SURVIVED[/red]" if failed is None else "[green]caught[/green]"
            console.print(f"{mark}  {defect.name}  {failed or ''}", highlight=False)
    console.print(f"{len(wanted) - survivors} of {len(wanted)} defects were caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
