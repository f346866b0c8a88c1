"""A long reply, cut into messages of legal size at the places where a reader would pause.

Cuts fall at the end of a paragraph, else of a line, a sentence, a word; never inside a URL, a markdown link or what a
reader sees as one character, unless that alone is longer than a message may be. Nothing but white space at the cuts
is lost. This module knows no content type; see `fences` for code blocks in markdown.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from agent.wire.clusters import boundary
from agent.wire.content import MAX_CONTENT_BYTES
from agent.wire.forgiving import whole

Span: TypeAlias = tuple[int, int]

_SPACE = r"[^\S\u00a0\u2007\u202f]"
_LINK = r"!?\[[^\[\]\n]*\]\((?:[^()\n]|\([^()\n]*\))*\)"
_URL = r"(?:[a-zA-Z][a-zA-Z0-9+.-]{1,15}://|www\.|mailto:)[^\s。，、！？；：）】》」]+"
_UNBREAKABLE = re.compile(f"{_LINK}|{_URL}")

_PARAGRAPH = re.compile(r"(?=\n[^\S\n]*\n)")
_LINE = re.compile(r"(?=\n)")
_SENTENCE = re.compile(rf"(?<![.!?…])[.!?…]+[\"'”’»)\]*_]*(?={_SPACE})|[。！？]")
_WORD = re.compile(rf"(?<!{_SPACE})(?={_SPACE})")
_PAUSES = (_PARAGRAPH, _LINE, _SENTENCE, _WORD)
"""What a part may end with, the best first; each match ends where the part does."""

_GAP = re.compile(rf"{_SPACE}*\n|{_SPACE}*")
_LOOK_AHEAD = 64
_WIDEST_CHARACTER = 4


def split_text(text: str, *, max_characters: int, max_bytes: int = MAX_CONTENT_BYTES) -> list[str]:
    """The messages that `text` becomes, each of at most `max_characters` code points and `max_bytes` bytes of UTF-8.

    Text that fits stays as it is; white space alone becomes no message at all. Unpaired surrogates, which UTF-8 cannot
    carry, become U+FFFD.

    Raises:
        ValueError: the limits leave no room for a single character.
    """
    if max_characters < 1 or max_bytes < _WIDEST_CHARACTER:
        raise ValueError("a message must have room for one character")
    text = text if text.isascii() else whole(text)
    if len(text) <= max_characters and len(text) * _WIDEST_CHARACTER <= max_bytes:  # as most replies are
        return [text] if text.strip() else []
    spans = [found.span() for found in _UNBREAKABLE.finditer(text)]
    return [part for part in _parts(text, spans, max_characters, max_bytes) if part.strip()]


def _parts(text: str, spans: Sequence[Span], max_characters: int, max_bytes: int) -> Iterator[str]:
    start = 0
    while start < len(text):
        limit = _limit(text, start, max_characters, max_bytes)
        cut = limit if limit == len(text) else _cut(text, start, limit, spans)
        yield text[start:cut]
        start = _resume(text, cut)


def _limit(text: str, start: int, max_characters: int, max_bytes: int) -> int:
    """The end of the longest part that may begin at `start`."""
    longest = text[start : start + max_characters]
    return start + len(longest.encode()[:max_bytes].decode(errors="ignore"))


def _cut(text: str, start: int, limit: int, spans: Sequence[Span]) -> int:
    """The best place in (start, limit] for a part to end."""
    for unbreakable in (spans, ()):
        for at in _ends(text, start, limit):
            if _legal(text, start, at, unbreakable):
                return at
    return limit


def _ends(text: str, start: int, limit: int) -> Iterator[int]:
    """Places for a part to end, the best first: pauses that leave it at least half full, then any word, then any."""
    half = start + (limit - start + 1) // 2
    for pause in _PAUSES:
        yield from _latest(pause, text, half, limit)
    yield from _latest(_WORD, text, start + 1, limit)
    yield from range(limit, start, -1)


def _latest(pause: re.Pattern[str], text: str, least: int, limit: int) -> Iterator[int]:
    ends = [found.end() for found in pause.finditer(text, least - 1, limit + _LOOK_AHEAD)]
    return (at for at in reversed(ends) if least <= at <= limit)


def _legal(text: str, start: int, at: int, unbreakable: Sequence[Span]) -> bool:
    return not _inside(at, unbreakable) and boundary(text, _resume(text, at), start=start)


def _inside(at: int, spans: Sequence[Span]) -> bool:
    nearest = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return nearest >= 0 and spans[nearest][0] < at < spans[nearest][1]


def _resume(text: str, cut: int) -> int:
    """Where the next part begins: after the white space at the cut, but with the indentation of its first line."""
    found = _GAP.match(text, cut)
    return found.end() if found else cut
