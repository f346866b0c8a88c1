"""Which of the offered choices a customer means by what they type.

Better to ask again than to take the opposite of what was said: whatever fits two choices, or none well, is no choice.
This module knows no message and no dialog.
"""

import re
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from unicodedata import normalize

_NUMBER = re.compile(r"(?:#|no\.?|number|option)?\s*\(?(\d{1,4})[.):]?")
_LEADING = re.compile(r"(\d{1,4})\b")
_EDGES = " \t\n.,;:!?…*_\"'“”‘’()"
_SHORTEST_WORD = 4
_LIKENESS = 0.8

LONGEST = 200
"""The most characters of what a customer types that are taken for a choice."""


def match_choice(text: str, titles: Sequence[str]) -> int | None:
    """The index of the title that `text` means, or None.

    In this order: the title itself, in any case; the number of the choice, counted from 1; a near match, word by word,
    in which short words and digits must be right and longer words may have a slip after their first letter.
    """
    said, offered = typed(text), [typed(title) for title in titles]
    if not said or len(said) > LONGEST:
        return None
    exact = [index for index, title in enumerate(offered) if title == said]
    if exact:
        return _only(exact)
    if found := _NUMBER.fullmatch(said):
        return _numbered(int(found.group(1)), offered)
    return _only([index for index, title in enumerate(offered) if _near(said, title)])


def _numbered(number: int, offered: Sequence[str]) -> int | None:
    """The choice with this number, unless a title begins with a number and so may be meant instead."""
    named = {index for index, title in enumerate(offered) if _leading(title) == number}
    counted = {number - 1} if 1 <= number <= len(offered) else set()
    return _only(named | counted)


def _leading(title: str) -> int | None:
    found = _LEADING.match(title)
    return int(found.group(1)) if found else None


def _near(said: str, title: str) -> bool:
    ours, theirs = said.split(), title.split()
    return len(ours) == len(theirs) and all(map(_slip, ours, theirs))


def _slip(said: str, word: str) -> bool:
    """Whether `said` is `word`, perhaps mistyped. Prefixes such as un- and in- turn a word round: no slip."""
    if said == word:
        return True
    if min(len(said), len(word)) < _SHORTEST_WORD or said[0] != word[0] or not (said + word).isalpha():
        return False
    return SequenceMatcher(None, said, word, autojunk=False).ratio() >= _LIKENESS


def typed(text: str) -> str:
    """`text` as it is compared: without case, outer punctuation and repeated space."""
    return " ".join(normalize("NFKC", text).casefold().split()).strip(_EDGES)


def _only(found: Collection[int]) -> int | None:
    return next(iter(found)) if len(found) == 1 else None
