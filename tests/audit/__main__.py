"""``python -m tests.audit``: asks pip-audit for known weaknesses of everything in constraints.txt.

Fails on a finding. Where the advisories, or pip-audit itself, cannot be had it warns loudly and lets pass: a machine
without that network must still be able to build.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
_LONGEST = 180.0  # seconds
_OUT_OF_REACH = ("ConnectionError", "Failed to resolve", "Max retries exceeded", "NameResolution", "Could not connect")


def verdict(code: int, told: str) -> tuple[int, str]:
    """The exit code of the audit, and what to say, of pip-audit's own."""
    unknown = told.count("could not be audited")
    if code == 0 and unknown:
        return 0, f"WARNING: nothing is known of {unknown} packages; they were not audited."
    if code == 0:
        return 0, "No known weakness."
    if any(sign in told for sign in _OUT_OF_REACH):
        return 0, "WARNING: the advisories could not be reached; nothing was audited."
    return 1, told


def main() -> int:
    """Audits; the exit code."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        python = str(Path(directory) / "bin" / "python")
        quiet = ("--quiet", "--disable-pip-version-check")
        if subprocess.run([python, "-m", "pip", "install", *quiet, "pip-audit>=2.9"], check=False).returncode:
            print("WARNING: pip-audit could not be installed; nothing was audited.", file=sys.stderr)
            return 0
        asked = [python, "-m", "pip_audit", "--no-deps", "--disable-pip", "--requirement", str(CONSTRAINTS)]
        try:
            done = subprocess.run(asked, check=False, capture_output=True, text=True, timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            print("WARNING: the advisories did not come in time; nothing was audited.", file=sys.stderr)
            return 0
    code, said = verdict(done.returncode, done.stdout + done.stderr)
    print(said, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
