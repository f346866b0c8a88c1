"""node and the npm packages of this folder's `package.json`, installed once and kept outside the tree.

The folder's name holds a digest of `package.json`, so a changed pin is a new folder; a lock file keeps parallel test
processes from installing at the same time. It must not know what the packages are for.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
NPM_MISSING = (
    "The JavaScript clients (AWS SDK v3, ChatJS) were not tried: node or npm is missing; "
    "install them with `apt-get install nodejs npm chromium` and run again."
)
NPM_FAILED = (
    "The JavaScript clients (AWS SDK v3, ChatJS) were not tried: their npm packages could not be installed; try "
    "`npm install --no-package-lock --ignore-scripts` with tests/clients/package.json and run again."
)
NODE_OLD = (
    "The AWS SDK for JavaScript v3 was not tried: it wants node 20 or newer, and this machine's is older; install one, "
    "as with `apt-get install nodejs` on a newer Debian, and run again."
)
INSTALL = ["install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
PATIENCE = 240  # seconds for npm; the packages are about 50 MB
INSTALLING = 300  # seconds that a test may take which comes first and has them installed


def node_modules() -> Path | str:
    """The folder that holds `node_modules`, or the sentence that says why there is none."""
    if not (shutil.which("node") and shutil.which("npm")):
        return NPM_MISSING
    home = _cache() / hashlib.sha256((HERE / "package.json").read_bytes()).hexdigest()[:16]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        failed = None if (home / "installed").exists() else _install(home)
    return home if failed is None else f"{NPM_FAILED} {failed}"


def node_is_old() -> bool:
    """Whether node is older than the AWS SDK wants."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=50, check=True).stdout
    return int(version.strip().removeprefix("v").split(".")[0]) < 20


def _cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME")
    return Path(given or Path.home() / ".cache") / "connect-chat-agent" / "npm"


def _install(home: Path) -> str | None:
    shutil.copy(HERE / "package.json", home / "package.json")
    try:
        done = subprocess.run(
            ["npm", *INSTALL],
            cwd=home,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"(npm took more than {PATIENCE} s)"
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        return f"({'; '.join(told[:2]) or 'npm failed'})"
    (home / "installed").touch()
    return None


def run_script(home: Path, source: str, *arguments: str, patience: int = 50) -> subprocess.CompletedProcess[str]:
    """Run an ECMAScript module that finds its packages in `home`, whoever wrote it and wherever it is kept."""
    command = ["node", "--no-warnings", "--input-type=module", "-", *arguments]
    return subprocess.run(
        command, input=source, cwd=home, capture_output=True, text=True, timeout=patience, check=False
    )
