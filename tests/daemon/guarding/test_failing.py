"""A bot that fails in chat after chat gets no more of them for a while; then one, which decides."""

from typing import Any

from agent.clock import LoopClock
from agent.daemon.guarding.failing import DOOR, Failing, FailingSettings
from agent.daemon.room import Room
from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry import Happening


class Clock(LoopClock):
    """A clock that a test sets."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


class Scene:
    def __init__(self, *bots: str, **settings: Any) -> None:
        self.clock, self.room = Clock(), Room(10)
        self.told: list[Happening] = []
        chosen = FailingSettings(**{"failures": 3, "within": 60.0, "share": 0.5, "rest": 30.0, **settings})
        self.guard = Failing(chosen, bots=bots or ("mine",), room=self.room, clock=self.clock, report=self.told.append)

    def claims(self, contact: str, bot: str = "mine") -> None:
        self.guard(Happening(name="contact.claimed", contact=_key(contact), fields={"bot": bot}))

    def ends(self, contact: str, outcome: str = "failed", trigger: str = "items") -> None:
        fields = {"outcome": outcome, "trigger": trigger}
        self.guard(Happening(name="turn.committed", contact=_key(contact), fields=fields))

    def closes(self, contact: str) -> None:
        self.guard(Happening(name="chat.closed", contact=_key(contact)))

    def passes(self, seconds: float) -> None:
        self.clock.seconds += seconds
        self.guard(Happening(name="loop.lag", fields={"seconds": 0.0}))

    def trips(self) -> None:
        for contact in "abc":
            self.claims(contact)
            self.ends(contact)
        assert self.guard.failing("mine")

    @property
    def open(self) -> bool:
        return DOOR not in self.room.shut_by


def _key(name: str) -> ContactKey:
    return ContactKey(InstanceId("i"), ContactId(name))


def test_so_many_failures_in_their_time_trip_a_bot() -> None:
    """Old ones are forgotten."""
    scene = Scene()
    for contact in "abc":
        scene.claims(contact)
        scene.ends(contact)
        scene.passes(40)
    assert scene.open
    scene.ends("c", "timeout")
    assert scene.open
    scene.ends("c")
    assert not scene.open
    assert [happening.name for happening in scene.told] == ["bot.failing"]


def test_a_bot_that_mostly_works_is_not_tripped() -> None:
    """A part of its customers has bad luck; that is no reason to turn the others away."""
    scene = Scene()
    for number in range(20):
        scene.claims(str(number))
        scene.ends(str(number), "failed" if number % 3 == 0 else "done")
    assert scene.open


def test_greetings_that_go_well_prove_nothing() -> None:
    """The backend is asked when the customer has said something."""
    scene = Scene()
    for contact in "abcdefghi":
        scene.claims(contact)
        scene.ends(contact, "done", trigger="joined")
    scene.trips()


def test_without_a_limit_nothing_trips() -> None:
    """The off-switch."""
    scene = Scene(failures=None)
    for contact in "abcdef":
        scene.claims(contact)
        scene.ends(contact)
    assert scene.open


def test_after_a_rest_one_chat_decides() -> None:
    """Until it has, the door stays shut; when its turn goes well the bot is back."""
    scene = Scene()
    scene.trips()
    scene.passes(29)
    assert not scene.open
    scene.passes(2)
    assert scene.open
    scene.claims("probe")
    assert not scene.open
    scene.ends("probe", "done")
    assert scene.open
    assert not scene.guard.failing("mine")
    assert [happening.name for happening in scene.told] == ["bot.failing", "bot.works_again"]


def test_a_chat_that_fails_again_lets_it_rest_again() -> None:
    """From that moment on."""
    scene = Scene()
    scene.trips()
    scene.passes(31)
    scene.claims("probe")
    scene.ends("probe")
    assert not scene.open
    scene.passes(29)
    assert not scene.open
    scene.passes(2)
    assert scene.open


def test_a_chat_that_tells_nothing_gives_way_to_another() -> None:
    """Its customer left, or says nothing for as long as a rest."""
    scene = Scene()
    scene.trips()
    scene.passes(31)
    scene.claims("left")
    scene.closes("left")
    assert scene.open
    scene.claims("silent")
    assert not scene.open
    scene.passes(31)
    assert scene.open


def test_failures_while_it_rests_change_nothing() -> None:
    """They are those of the chats that it had."""
    scene = Scene()
    scene.trips()
    scene.ends("a")
    scene.ends("b", "done")
    assert scene.guard.failing("mine")
    scene.passes(31)
    assert scene.open


def test_of_several_bots_only_the_failing_one_gets_no_chats() -> None:
    """The door is shut when none works."""
    scene = Scene("mine", "yours")
    scene.trips()
    assert scene.open
    assert (scene.room.free_for("mine"), scene.room.free_for("yours")) == (0, 10)
    for contact in "xyz":
        scene.claims(contact, "yours")
        scene.ends(contact)
    assert not scene.open
    assert scene.room.free_for("yours") == 0


def test_strangers_are_passed_over() -> None:
    """Chats and bots that nobody told of."""
    scene = Scene()
    scene.ends("unknown")
    scene.closes("unknown")
    scene.claims("a", "stranger")
    scene.ends("a")
    assert not scene.guard.failing("stranger")
    assert scene.open
