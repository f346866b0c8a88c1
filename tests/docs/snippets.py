"""Every fenced block of README and docs, found by walking them: where it stands, what it is, and which test runs it.

A block without a language is a drawing or an output and promises nothing. All others are run: by `test_snippets.py` as
they stand, or by the test that `ELSEWHERE` names, which sets the stage that such a block needs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)

ELSEWHERE = {
    ("README.md", "python"): "tests/docs/test_readme.py",
    ("docs/bots/README.md", "toml"): "tests/bots/test_pages.py",
    ("docs/bots/faq.md", "toml"): "tests/bots/test_pages.py",
    ("docs/bots/intake.md", "toml"): "tests/bots/test_pages.py",
    ("docs/bots/llm.md", "toml"): "tests/bots/test_pages.py",
    ("docs/bots/menu.md", "toml"): "tests/bots/test_pages.py",
    ("docs/bots/relay.md", "toml"): "tests/bots/test_pages.py",
    ("docs/bots/triage.md", "toml"): "tests/bots/test_pages.py",
    ("docs/bench.md", "toml"): "tests/cli/benching/test_scenario.py",
    ("docs/deploy.md", "console"): "tests/docs/test_operating_pages.py",
    ("docs/deploy.md", "dockerfile"): "tests/docs/test_staged_blocks.py",
    ("docs/doctor.md", "console"): "tests/docs/test_operating_pages.py",
    ("docs/emulator.md", "python"): "tests/docs/test_staged_blocks.py",
    ("docs/emulator.md", "toml"): "tests/emulator/test_documentation.py",
    ("docs/iam.md", "console"): "tests/docs/test_operating_pages.py",
    ("docs/live.md", "console"): "tests/cli/test_live.py",
    ("docs/sdks.md", "console"): "tests/clients/test_docs.py",
    ("docs/sdks.md", "html"): "tests/clients/test_docs.py",
    ("docs/sdks.md", "js"): "tests/clients/test_docs.py",
    ("docs/sdks.md", "python"): "tests/clients/test_docs.py",
    ("docs/sdks.md", "sh"): "tests/clients/test_docs.py",
    ("docs/session.md", "mermaid"): "tests/docs/test_session_page.py",
    ("docs/sources.md", "python"): "tests/docs/test_sources_page.py",
    ("docs/store.md", "python"): "tests/docs/test_staged_blocks.py",
    ("docs/streaming.md", "console"): "tests/docs/test_streaming_page.py",
    ("docs/testing.md", "toml"): "tests/docs/test_readme.py",
    ("docs/tutorial.md", "console"): "tests/docs/test_tutorial.py",
    ("docs/tutorial.md", "python"): "tests/docs/test_tutorial.py",
}
"""(page, language): the test that runs these blocks, where they need more than an empty directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """One block; `line` is where its fence stands."""

    page: str
    line: int
    language: str
    text: str

    @property
    def elsewhere(self) -> str | None:
        """The test that runs it, if that is another one than the walker."""
        return ELSEWHERE.get((self.page, self.language))

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """The README and every page."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def snippets() -> Iterator[Snippet]:
    """All blocks that have a language."""
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for found in _FENCE.finditer(text):
            yield Snippet(
                page=path.relative_to(ROOT).as_posix(),
                line=text.count("\n", 0, found.start()) + 1,
                language=found["language"],
                text=re.sub(rf"^{found['indent']}", "", found["text"], flags=re.M),
            )
