"""What the transcripts say about the promises: nothing lost, doubled or out of order, never two speakers.

Pure. What the bot must have said follows from what the customer sent; who may have said it, from the epochs that the
workers' logs tell. It knows no process and no network.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.cluster.chats import Claim, Item, Seen

REPLY = re.compile(r"(?P<number>\d+)\.(?P<part>\d+) (?P<total>\d+) (?P<speaker>\S+)")
FAULTS = ("lost", "doubled", "out of order", "wrong", "two speakers", "unheard")
"""``wrong`` is a reply from a state that was lost or made twice, or no reply at all; ``unheard`` a message that stands
in the transcript and did not come by the customer's socket, or the other way round."""
Name = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One promise that was broken in one chat."""

    fault: str
    contact: str
    detail: str


@dataclass
class Verdict:
    """What all chats add up to.

    Attributes:
        silences: the seconds between each message and its first reply.
        worst: the contact of the longest.
    """

    messages: int = 0
    replies: int = 0
    takeovers: int = 0
    worst: str = ""
    silences: list[float] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def count(self, fault: str) -> int:
        """How often a promise was broken."""
        return sum(violation.fault == fault for violation in self.violations)

    def silence(self, share: float) -> float:
        """The silence that this share of the messages did not exceed."""
        ordered = sorted(self.silences)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def verdict(chats: Iterable[Seen], claims: Iterable[Claim]) -> Verdict:
    """Of a whole soak."""
    found = Verdict()
    epochs: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        epochs[claim.contact].append(claim)
        found.takeovers += claim.epoch > 1
    for chat in chats:
        found.messages += len(chat.sent)
        found.replies += sum(item.by_bot for item in chat.items)
        waited = silences(chat)
        if max(waited, default=0.0) > found.silence(1):
            found.worst = chat.contact
        found.silences += waited
        found.violations += [
            Violation(fault=fault, contact=chat.contact, detail=detail)
            for fault, detail in (*_content(chat), *_speakers(chat, epochs[chat.contact]), *_hearing(chat))
        ]
    return found


def expected(sent: Sequence[str]) -> dict[Name, int]:
    """What must be said, by number and part, in order; and the sum that each must carry."""
    wanted: dict[Name, int] = {}
    total = 0
    for number, text in enumerate(sent, start=1):
        total = number if text.startswith("trio") else total + number
        for part in (1, 2) if text.startswith("plain") else (1,):
            wanted[number, part] = total
    return wanted


def silences(chat: Seen) -> list[float]:
    """How long each message waited for its first reply."""
    asked = [item.at for item in chat.items if not item.by_bot]
    answered: dict[int, float] = {}
    for item, read in _replies(chat):
        answered.setdefault(int(read["number"]), item.at)
    return [answered[number] - at for number, at in enumerate(asked, start=1) if number in answered]


def _replies(chat: Seen) -> Iterator[tuple[Item, Mapping[str, str]]]:
    for item in chat.items:
        if item.by_bot and (read := REPLY.fullmatch(item.text)):
            yield item, read.groupdict()


def _content(chat: Seen) -> Iterator[tuple[str, str]]:
    own = [item.text for item in chat.items if not item.by_bot]
    if own != list(chat.sent):
        yield "wrong", f"the customer sent {list(chat.sent)}, the transcript has {own}"
    wanted = expected(chat.sent)
    said = [((int(read["number"]), int(read["part"])), int(read["total"])) for _, read in _replies(chat)]
    times = Counter(name for name, _ in said)
    yield from (("lost", _named(name)) for name in wanted if name not in times)
    yield from (("doubled", f"{_named(name)}, {count} times") for name, count in times.items() if count > 1)
    first = list(dict.fromkeys(name for name, _ in said))
    yield from (("out of order", f"{_named(b)} after {_named(a)}") for a, b in pairwise(first) if b < a)
    yield from (("wrong", f"{_named(name)} has {total}") for name, total in said if wanted.get(name) != total)
    strange = [item.text for item in chat.items if item.by_bot and not REPLY.fullmatch(item.text)]
    yield from (("wrong", f"the bot said {text!r}") for text in strange)


def _speakers(chat: Seen, claims: Sequence[Claim]) -> Iterator[tuple[str, str]]:
    """Who speaks must be an owner of an epoch that is no older than the one that spoke last."""
    owners = Counter(claim.epoch for claim in claims)
    yield from (
        ("two speakers", f"epoch {epoch} was owned {count} times") for epoch, count in owners.items() if count > 1
    )
    now = 0
    for item, read in _replies(chat):
        mine = [claim.epoch for claim in claims if claim.worker == read["speaker"] and claim.epoch >= now]
        if mine:
            now = min(mine)
        else:
            yield "two speakers", f"{item.text!r} was said when epoch {now} had already spoken"


def _hearing(chat: Seen) -> Iterator[tuple[str, str]]:
    heard, stands = Counter(chat.heard), Counter(item.id for item in chat.items)
    if heard != stands:
        missed, strange = (stands - heard).total(), (heard - stands).total()
        yield "unheard", f"{missed} of the transcript's messages were not heard, {strange} came beside it"


def _named(name: Name) -> str:
    return f"reply {name[0]}.{name[1]}"
