"""Where a text may be cut without breaking what a reader sees as one character.

The rules of Unicode's extended grapheme clusters, as far as the standard library's character database carries them;
rare prepended marks of Indic scripts are not covered. Nothing here knows a limit or a message.
"""

from unicodedata import category

_ZWJ = "\u200d"
_MARKS = frozenset({"Mn", "Me", "Mc"})
_EXTENDERS = frozenset({"\u200c", _ZWJ, "\uff9e", "\uff9f"})


def boundary(text: str, at: int, *, start: int = 0) -> bool:
    """Whether `text` may be cut before index `at`; `start` is a boundary before it from which to count flags."""
    if at <= start or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before.isspace() or category(before) == "Cc":
        return not (before == "\r" and after == "\n") and not (_extends(after) and before not in "\r\n")
    if _extends(after) or (before == _ZWJ and not after.isspace()):
        return False
    return not _hangul(before, after) and not _halves_flag(text, at, start)


def _extends(character: str) -> bool:
    """Whether it belongs to the character before it: marks, joiners, skin tones, the tags in flags of regions."""
    if character < "\u0300":
        return False
    return (
        category(character) in _MARKS
        or character in _EXTENDERS
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _hangul(before: str, after: str) -> bool:
    """Whether the two are parts of one Korean syllable written in letters."""
    if "\u1160" <= after <= "\u11ff":
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    leading = "\u1100" <= before <= "\u115f"
    return leading and ("\u1100" <= after <= "\u115f" or "\uac00" <= after <= "\ud7a3")


def _halves_flag(text: str, at: int, start: int) -> bool:
    """Whether `at` lies between the two letters of a flag."""
    first = at
    while first > start and _regional(text[first - 1]):
        first -= 1
    return _regional(text[at]) and (at - first) % 2 == 1


def _regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
