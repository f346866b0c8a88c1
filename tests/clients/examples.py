"""The examples of `docs/sdks.md`, as they stand there, pointed at a running emulator."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/sdks.md"
ADDRESS = "http://127.0.0.1:4510"


def example(heading: str, language: str, url: str) -> str:
    """The one example of this section in this language; only its address is another."""
    (section,) = [part for part in re.split(r"^## ", PAGE.read_text(), flags=re.M) if part.startswith(f"{heading}\n")]
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", section, flags=re.M | re.S)
    assert ADDRESS in found
    return str(found).replace(ADDRESS, url)
