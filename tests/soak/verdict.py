"""The verdict on a soak: each thing that was claimed, whether it held, and by what figures. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.soak.crowd import Tally
from tests.soak.plan import Plan
from tests.soak.sampling import Numbers, Sample
from tests.soak.slope import Slope, slope_of

STEEPEST = 0.001
"""The part of its memory by which a daemon may grow each minute and still count as flat."""

_WHOLE = ("done", "interrupted", "over")
_LOOSE = 0.02
_A_FEW = 10
"""How many more tasks are no growth: a socket that is replaced is there twice for a moment."""

LEFT = 5
"""How many more of anything there may be when all chats are gone: whoever looks is there, too."""

_POOLED = 128
"""Connections that the clients of two services may keep open for their next calls, the busier the more."""


@dataclass(slots=True, kw_only=True)
class Soaked:
    """All that was seen. `before` is the daemon without a chat, `after` when the last chat was gone; `samples` begin
    when all customers were there, and end when they stopped writing."""

    plan: Plan
    tally: Tally
    before: Sample
    after: Sample
    numbers: Numbers
    samples: list[Sample] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    code: int | None = None

    @property
    def settled(self) -> list[Sample]:
        """The samples behind the warm-up."""
        return [one for one in self.samples if one.at >= self.plan.warm_up * self.plan.seconds]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`held` is None where there was too little to judge."""

    name: str
    held: bool | None
    said: str


def judge(soaked: Soaked) -> list[Finding]:
    """Everything that a soak is for."""
    return [*_transcripts(soaked), *_metrics(soaked), *_growth(soaked), *_rest(soaked)]


def memory_slope(soaked: Soaked) -> Slope | None:
    """KB a minute, behind the warm-up."""
    return slope_of([(one.at, one.rss) for one in soaked.settled])


def _transcripts(soaked: Soaked) -> Iterator[Finding]:
    tally = soaked.tally
    for name, wrong in (("lost", tally.lost), ("doubled", tally.doubled), ("out of order", tally.misplaced)):
        shown = f"{len(wrong)} of {tally.asked}" + (f", such as {wrong[0]}" if wrong else "")
        yield Finding(name=f"no reply {name}", held=not wrong, said=shown)


def _metrics(soaked: Soaked) -> Iterator[Finding]:
    numbers, tally = soaked.numbers, soaked.tally
    sent = sum(numbers.total("chat_agent_sends_total", result=kind) for kind in ("accepted", "recognised"))
    # A customer who leaves at once interrupts a turn that has said all and is about to end.
    turns = sum(numbers.total("chat_agent_turns_total", trigger="items", outcome=kind) for kind in _WHOLE)
    rows = (
        ("joins", numbers.total("chat_agent_joins_total", result="joined"), tally.chats),
        ("chats ended", numbers.total("chat_agent_chats_ended_total"), tally.chats),
        ("messages", numbers.total("chat_agent_messages_total"), tally.asked),
        ("turns", turns, tally.asked),
        ("replies", sent, tally.answered),
        ("chats at the end", numbers.total("chat_agent_chats"), 0),
        ("turns under way at the end", numbers.total("chat_agent_turns_running"), 0),
        ("dead letters", numbers.total("chat_agent_dead_letters_total"), 0),
        ("crashes", numbers.total("chat_agent_chat_crashes_total"), 0),
    )
    for name, counted, wanted in rows:
        yield Finding(name=f"metrics: {name}", held=counted == wanted, said=f"{counted:.0f}, by transcript {wanted}")


def _growth(soaked: Soaked) -> Iterator[Finding]:
    yield _memory(soaked)
    looks: tuple[tuple[str, Callable[[Sample], float]], ...] = (
        ("tasks", lambda one: one.tasks),
        ("files", lambda one: one.files),
        ("sockets", lambda one: one.sockets),
        ("threads", lambda one: one.threads),
    )
    for name, look in looks:
        yield _steady(name, [look(one) for one in soaked.settled], _POOLED if name in ("files", "sockets") else _A_FEW)
        yield _gone(name, look(soaked.before), look(soaked.after))


def _memory(soaked: Soaked) -> Finding:
    slope = memory_slope(soaked)
    if slope is None:
        return Finding(name="memory flat", held=None, said="too few samples to tell")
    allowed = STEEPEST * median(one.rss for one in soaked.settled)
    said = f"{slope} KB (95 %), flat up to {allowed:.1f}"
    return Finding(name="memory flat", held=slope.least <= allowed, said=said)


def _steady(name: str, values: Sequence[float], few: int) -> Finding:
    quarter = len(values) // 4
    if not quarter:
        return Finding(name=f"{name} do not grow", held=None, said="too few samples to tell")
    first, last = median(values[:quarter]), median(values[-quarter:])
    held = last <= first * (1 + _LOOSE) + few
    return Finding(
        name=f"{name} do not grow", held=held, said=f"{first:.0f} in the first quarter, {last:.0f} in the last"
    )


def _gone(name: str, before: float, after: float) -> Finding:
    said = f"{before:.0f} before the first chat, {after:.0f} after the last"
    return Finding(name=f"{name} are given back", held=after <= before + LEFT, said=said)


def _rest(soaked: Soaked) -> Iterator[Finding]:
    said = f"{len(soaked.errors)}" + (f", such as {soaked.errors[0]}" if soaked.errors else "")
    yield Finding(name="no error in the log", held=not soaked.errors, said=said)
    yield Finding(name="ends politely", held=soaked.code == 0, said=f"exit code {soaked.code}")
