"""Finding the question that is meant: an index over words, forgiving of inflection, synonyms and slips of the fingers.

Each phrasing of an entry is a set of words, each weighing the more the rarer it is. A word that no entry has stands for
those that look like it, by the pairs of letters they share. A search touches only phrasings that share a word with
what was asked, so ten thousand entries cost little more than ten. It knows no chat and no file.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("ingly", "edly", "ings", "ing", "ies", "ied", "ers", "er", "es", "ed", "ly", "s", "e", "y")
_SHORTEST_STEM = 3
_SHORTEST_GUESS = 4
_LIKENESS = 0.57
_MOST_GUESSES = 3
_STRANGER = 0.6
_ASKED, _MEANT = 0.45, 0.55

_SAYING_NOTHING = """
a about am an and any are as at be been but by can could did do does for from get give had has have hello hey hi
how i if im in into is it its just let like may me might my of off on or our out please shall should so some
tell than that thank thanks the their them then there these they this to up us want was we were what when where
which who whom why will with would you your
"""
ENGLISH = frozenset(_SAYING_NOTHING.split())
"""English words that say nothing about the matter."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry, by its number, and how surely it is the one that is meant, from 0 to 1."""

    entry: int
    score: float


def words(text: str, stopwords: Iterable[str] = ENGLISH) -> list[str]:
    """The stems of `text`, without `stopwords` unless there is nothing else."""
    bare = "".join(mark for mark in normalize("NFKD", text.casefold()) if not combining(mark))
    found = _WORD.findall(bare.replace("'", "").replace("’", ""))
    return [_stem(word) for word in found if word not in stopwords] or [_stem(word) for word in found]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


def _pairs(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}


class Index:
    """The index of entries, each given by its phrasings. `synonyms` maps a word to phrases that mean the same."""

    def __init__(
        self,
        entries: Iterable[Sequence[str]],
        *,
        synonyms: Mapping[str, Sequence[str]] | None = None,
        stopwords: Iterable[str] = ENGLISH,
    ) -> None:
        self._stopwords = frozenset(stopwords)
        self._synonyms = self._by_first_word(synonyms or {})
        self._entry_of: list[int] = []
        self._having: defaultdict[str, list[int]] = defaultdict(list)
        said = [self._add(number, phrase) for number, phrases in enumerate(entries) for phrase in phrases]
        self._rare = math.log(1 + len(said)) + 1
        self._worth = {word: self._rare - math.log(len(having)) for word, having in self._having.items()}
        self._weight = [sum(self._worth[word] for word in phrase) for phrase in said]
        self._words_with: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._having:
            for pair in _pairs(word):
                self._words_with[pair].append(word)

    def _add(self, entry: int, phrase: str) -> set[str]:
        found = self._words(phrase)
        for word in found:
            self._having[word].append(len(self._entry_of))
        self._entry_of.append(entry)
        return found

    def search(self, text: str, most: int = 3) -> list[Hit]:
        """The entries that `text` may mean, best first."""
        asked, found = 0.0, Counter[int]()
        for word in self._words(text):
            worth, by_phrase = self._evidence(word)
            asked += worth
            found.update(by_phrase)
        best: Counter[int] = Counter()
        for phrase, weight in found.items():
            score = weight / (_ASKED * asked + _MEANT * self._weight[phrase])
            best[self._entry_of[phrase]] = max(best[self._entry_of[phrase]], min(1.0, score))  # type: ignore[assignment]
        return [Hit(entry, score) for entry, score in best.most_common(most)]

    def _evidence(self, word: str) -> tuple[float, Mapping[int, float]]:
        """What `word` weighs in the question, and in each phrasing that has it or what looks like it."""
        likely = {word: 1.0} if word in self._having else self._guesses(word)
        by_phrase: dict[int, float] = {}
        for known, likeness in likely.items():
            for phrase in self._having[known]:
                by_phrase[phrase] = max(by_phrase.get(phrase, 0.0), likeness * self._worth[known])
        worth = max((self._worth[known] for known in likely), default=_STRANGER * self._rare)
        return worth, by_phrase

    def _guesses(self, word: str) -> dict[str, float]:
        if len(word) < _SHORTEST_GUESS or not word.isalpha():
            return {}
        own = _pairs(word)
        shared = Counter(known for pair in own for known in self._words_with.get(pair, ()))
        likely = {known: 2 * count / (len(own) + len(known) + 1) for known, count in shared.items()}
        best = sorted(likely.items(), key=lambda guess: -guess[1])[:_MOST_GUESSES]
        return {known: likeness for known, likeness in best if likeness >= _LIKENESS}

    # ------------------------------------------------------------------------------------ synonyms

    def _words(self, text: str) -> set[str]:
        said, at, found = words(text, self._stopwords), 0, set[str]()
        while at < len(said):
            length, meant = self._meant(said, at)
            found.update(meant)
            at += length
        return found

    def _meant(self, said: Sequence[str], at: int) -> tuple[int, Sequence[str]]:
        for phrase, meant in self._synonyms.get(said[at], ()):
            if tuple(said[at : at + len(phrase)]) == phrase:
                return len(phrase), meant
        return 1, said[at : at + 1]

    def _by_first_word(
        self, synonyms: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Sequence[tuple[tuple[str, ...], Sequence[str]]]]:
        by_first: defaultdict[str, list[tuple[tuple[str, ...], Sequence[str]]]] = defaultdict(list)
        for meant, phrases in synonyms.items():
            for phrase in phrases:
                if found := tuple(words(phrase, self._stopwords)):
                    by_first[found[0]].append((found, words(meant, self._stopwords)))
        return {first: sorted(known, key=lambda one: -len(one[0])) for first, known in by_first.items()}
