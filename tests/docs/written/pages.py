"""Which pages are written from the code, and by what; llms.txt comes last, as it reads the others."""

from collections.abc import Callable
from pathlib import Path

from agent.telemetry.reference import page as metrics
from tests.docs.snippets import ROOT
from tests.docs.written.commands import page as commands
from tests.docs.written.errors import page as errors
from tests.docs.written.llms import page as llms

DOCS = ROOT / "docs"
WRITTEN: dict[Path, Callable[[], str]] = {
    DOCS / "errors.md": errors,
    DOCS / "metrics.md": metrics,
    DOCS / "reference" / "commands.md": commands,
    DOCS / "llms.txt": llms,
}
