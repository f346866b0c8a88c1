"""A long markdown reply, cut so that a code block which spans several messages is a code block in each.

Each message that ends within a fenced block closes the fence, and the next one opens it again with the same words:
that is all that is added. This module knows no other markdown.
"""

import re
from collections.abc import Iterable, Iterator

from agent.wire.content import MAX_CONTENT_BYTES
from agent.wire.text import split_text

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^`\n]*)$", re.MULTILINE)
_LONGEST_OPENER = 80


def split_markdown(text: str, *, max_characters: int, max_bytes: int = MAX_CONTENT_BYTES) -> list[str]:
    """As `split_text`, and code blocks stay whole in the reader's eyes.

    A block whose opening line is very long, or limits too small for the fences, are cut as plain text.

    Raises:
        ValueError: the limits leave no room for a single character.
    """
    parts = split_text(text, max_characters=max_characters, max_bytes=max_bytes)
    room = _room(text)
    if len(parts) < 2 or not room or room > min(max_characters, max_bytes) // 2 or room > _LONGEST_OPENER:
        return parts
    tighter = split_text(text, max_characters=max_characters - room, max_bytes=max_bytes - room)
    return list(_mended(tighter))


def _room(text: str) -> int:
    """The most bytes that opening one fence of `text` again and closing another can take; 0 when it has none."""
    fences = list(_FENCE.finditer(text))
    if not fences:
        return 0
    return max(len(each.group().encode()) for each in fences) + max(len(each.group(1)) for each in fences) + 2


def _mended(parts: Iterable[str]) -> Iterator[str]:
    opener = ""
    for part in parts:
        rest = _after_closing(part, opener) if opener else part
        opened = f"{opener}\n{part}" if opener and rest is part else rest
        opener = _left_open(opened)
        if opened.strip():
            yield f"{opened}\n{_mark(opener)}" if opener else opened


def _after_closing(part: str, opener: str) -> str:
    """`part` without a first line that closes a block which the message before has closed already."""
    fence = _FENCE.match(part)
    return part[fence.end() :].lstrip("\n") if fence and _closes(fence, opener) else part


def _left_open(part: str) -> str:
    """The line that opened the block in which `part` ends; "" when it ends in none."""
    opener = ""
    for fence in _FENCE.finditer(part):
        if not opener:
            opener = fence.group()
        elif _closes(fence, opener):
            opener = ""
    return opener


def _closes(fence: re.Match[str], opener: str) -> bool:
    return not fence.group(2).strip() and fence.group(1).startswith(_mark(opener))


def _mark(opener: str) -> str:
    found = _FENCE.match(opener)
    return found.group(1) if found else ""
