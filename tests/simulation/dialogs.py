"""Two builds of a bot whose one dialog changed its order between them, and what a customer must then be told.

Every number that a customer writes begins the dialog or answers it, so that each gets one turn, and each line says
which number it answers, what they add up to, and which version of the dialog and which build of the bot speaks. What
must be said follows from the numbers, the policy, and which build took each turn. It knows no worker and no weather.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from agent import Bot, Chat, OnMismatch, regex
from agent.bot.texts import Texts

HELLO = "hello"
NUMBER = regex(r"^(?P<number>\d+)$")
STEPS: Mapping[int, tuple[str, ...]] = {1: ("size", "colour"), 2: ("brand", "size", "colour")}
"""What each version of the dialog asks, in its order."""


class Policy(StrEnum):
    """What the later build does about dialogs that the earlier one began."""

    KEPT = "the old version is still registered"
    RESTART = "restart"
    HAND_OFF = "hand_off"


def build(number: int, policy: Policy, name: str) -> Bot[object, object]:
    """The bot of build 1 or 2; each knows the dialog in its own version, and 2 perhaps in the older one as well."""
    texts = Texts(restarted=f"restarted b{number}", handed_over=f"handed over b{number}")
    mismatch = OnMismatch.HAND_OFF if policy is Policy.HAND_OFF else OnMismatch.RESTART
    bot: Bot[object, object] = Bot(name, texts=texts, on_mismatch=mismatch, block_limit=None)

    @bot.on_join
    async def greet(chat: Chat[object, object]) -> None:
        await chat.say(f"{HELLO} b{number}")

    for version in registered(number, policy):
        bot.dialog(NUMBER, name="order", version=version)(_dialog(version, number))
    return bot


def _dialog(version: int, number: int):  # type: ignore[no-untyped-def]
    async def order(chat: Chat[object, object]) -> None:
        answer = total = int(chat.bound(NUMBER)["number"])
        for step in STEPS[version]:
            answer = await chat.ask(_line(answer, step, total, version, number), int, key=step)
            total += answer
        await chat.say(_line(answer, "done", total, version, number))

    return order


def registered(number: int, policy: Policy) -> tuple[int, ...]:
    """The versions of the dialog that a build knows."""
    return (1, 2) if number == 2 and policy is Policy.KEPT else (number,)


def _line(answer: int, step: str, total: int, version: int, number: int) -> str:
    return f"{answer} {step} {total} v{version} b{number}"


# -------------------------------------------------------------------------------------- what must be said


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a chat stands between two turns; version 0 is in no dialog."""

    version: int = 0
    step: int = 0
    first: int = 0
    total: int = 0
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What can be made of a chat's lines.

    Attributes:
        read: how many of the customer's numbers are answered; -1 when the lines are none that may be.
        half: whether the next one's turn has begun.
    """

    read: int
    half: bool = False


def reading(
    lines: Sequence[str], numbers: Sequence[int], builds: Collection[int], policy: Policy, *, changes: int
) -> Reading:
    """Follows every way in which `builds` may have taken the turns in turn, and returns the one that reads most.

    At most `changes` turns were begun by another build than the one that committed them.
    """
    standing = {(1, Place()): 0} if lines and lines[0] in {f"{HELLO} b{one}" for one in builds} else {}
    found = Reading(read=-1) if lines else Reading(read=0)
    for count in range(len(numbers) + 1):
        standing = {place: cost for place, cost in standing.items() if cost <= changes}
        begun = [at for at, _ in standing if at == len(lines) - 1]
        if any(at == len(lines) for at, _ in standing):
            found = Reading(read=count)
        elif begun and count < len(numbers) and _begins(lines[-1], numbers[count], standing, builds, policy):
            return Reading(read=count, half=True)
        if count < len(numbers):
            standing = _followed(lines, numbers[count], standing, builds, policy)
    return found


def _begins(
    line: str, number: int, standing: Mapping[tuple[int, Place], int], builds: Collection[int], policy: Policy
) -> bool:
    turns = [taken(place, number, one, policy)[0] for _, place in standing for one in builds]
    return any(len(turn) > 1 and turn[0] == line for turn in turns)


def _followed(
    lines: Sequence[str],
    number: int,
    standing: Mapping[tuple[int, Place], int],
    builds: Collection[int],
    policy: Policy,
) -> dict[tuple[int, Place], int]:
    """Where the chat may stand after the turn for `number`."""
    later: dict[tuple[int, Place], int] = {}
    for ((at, place), cost), one in product(standing.items(), builds):
        own, there = taken(place, number, one, policy)
        others = [taken(place, number, other, policy)[0] for other in builds]
        for said in _said(own, others):
            if tuple(lines[at : at + len(said)]) == said:
                key = (at + len(said), there)
                later[key] = min(later.get(key, len(lines)), cost + (said != own))
    return later


def _said(own: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """What may stand there after a turn that ends as `own`: its lines, or in their places those of a build that began
    and died before it committed."""
    for length in range(len(own), max(map(len, others)) + 1):
        yield from product(*({other[place] for other in others if len(other) > place} for place in range(length)))


def taken(place: Place, number: int, one: int, policy: Policy) -> tuple[tuple[str, ...], Place]:
    """What build `one` says to `number`, and where the chat stands then."""
    if place.over:
        return (), place
    if place.version == 0:
        return _begun(number, one)
    if place.version in registered(one, policy):
        return _gone_on(place, number, one)
    if policy is Policy.HAND_OFF:
        return (f"handed over b{one}",), replace(place, over=True)
    again, there = _begun(place.first, one)
    return (f"restarted b{one}", *again), there


def _begun(number: int, one: int) -> tuple[tuple[str, ...], Place]:
    line = _line(number, STEPS[one][0], number, one, one)
    return (line,), Place(version=one, first=number, total=number)


def _gone_on(place: Place, number: int, one: int) -> tuple[tuple[str, ...], Place]:
    step, total, steps = place.step + 1, place.total + number, STEPS[place.version]
    if step == len(steps):
        return (_line(number, "done", total, place.version, one),), Place()
    line = _line(number, steps[step], total, place.version, one)
    return (line,), replace(place, step=step, total=total)
