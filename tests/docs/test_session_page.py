"""The page on the session says what the code does."""

from pathlib import Path

from agent.wire.transitions import diagram

PAGE = Path(__file__).parents[2] / "docs" / "session.md"


def test_the_diagram_is_the_tables() -> None:
    """One table, drawn from the code."""
    assert f"```mermaid\n{diagram()}```" in PAGE.read_text()
