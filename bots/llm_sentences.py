"""Cuts a text that is still being written into messages, at the ends of sentences. Pure; it knows no model.

A message ends where a sentence or a paragraph does, once it is long enough; never inside a fenced block of code. A
full stop after a single letter, a number or a well-known abbreviation ends no sentence.
"""

import re

_END = re.compile(r"""[.!?…][)\]"'»”’*_]*(?=\s)|[。！？]|\n\s*\n""")
_OPEN = re.compile(
    r"(?:^|[\s(])(?:\w|\d+|[\w]\.\w|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|vs|etc|approx|bzw|ca|usw)\.$", re.IGNORECASE
)
_FENCE = "```"


class Cutter:
    """Takes what comes, gives what is whole; `shortest` is the fewest characters of a message but the last."""

    def __init__(self, shortest: int) -> None:
        self._shortest = shortest
        self._kept = ""

    def feed(self, more: str) -> list[str]:
        """The messages that `more` completes."""
        self._kept += more
        found: list[str] = []
        while end := self._end():
            found.append(self._kept[:end].strip())
            self._kept = self._kept[end:]
        return found

    def rest(self) -> str:
        """What is left when nothing more comes; "" when that is nothing visible."""
        kept, self._kept = self._kept.strip(), ""
        return kept

    def _end(self) -> int:
        """Where the first long enough message ends; 0 when it does not yet."""
        for mark in _END.finditer(self._kept):
            before = self._kept[: mark.end()]
            if len(before.strip()) >= self._shortest and before.count(_FENCE) % 2 == 0 and not _OPEN.search(before):
                return mark.end()
        return 0
