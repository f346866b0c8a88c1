"""Whether a worker is ready: a reason begins with one happening and ends with another."""

from types import SimpleNamespace

import pytest

from agent.clock import Clock
from agent.daemon.health import Readiness
from agent.daemon.health_links import Deafness
from agent.daemon.room import Room
from agent.errors import StoreUnreachable
from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry import Happening
from agent.telemetry.reasons import Reason

LEASE = 15.0
AFTER = 30.0


class Hands(SimpleNamespace):
    """A clock that is moved by hand."""

    def monotonic(self) -> float:
        return float(self.at)


class Ward:
    """A worker's health, without the worker."""

    def __init__(self) -> None:
        self.clock: Clock = Hands(at=100.0)  # type: ignore[assignment]
        self.room = Room(10)
        self.told: list[Happening] = []
        self.deafness = Deafness(after=AFTER, share=0.5, clock=self.clock, report=self.told.append)
        self.readiness = Readiness(room=self.room, deafness=self.deafness, lease=LEASE, clock=self.clock)

    def later(self, seconds: float) -> None:
        self.clock.at += seconds  # type: ignore[attr-defined]

    def tell(self, name: str, error: BaseException | None = None, contact: str | None = None) -> None:
        key = ContactKey(InstanceId("instance"), ContactId(contact)) if contact else None
        happening = Happening(name=name, error=error, contact=key)
        self.deafness(happening)
        self.readiness(happening)

    @property
    def reasons(self) -> list[Reason]:
        return list(self.readiness.verdict().reasons)

    def deaf(self) -> list[str]:
        return sorted(contact.contact_id for contact in self.deafness.deaf())


@pytest.fixture
def ward() -> Ward:
    """A worker that serves."""
    ward = Ward()
    ward.tell("lease.renewed")
    ward.tell("worker.serving")
    assert ward.readiness.verdict().ready
    return ward


def test_before_it_serves_it_is_starting() -> None:
    """However long that takes."""
    ward = Ward()
    ward.later(1_000)
    assert ward.reasons == [Reason.STARTING]


@pytest.mark.parametrize(
    ("begins", "reason", "ends"),
    [
        ("store.unreachable", Reason.STORE_UNREACHABLE, "store.saved"),
        ("store.failed", Reason.STORE_UNREACHABLE, "lease.renewed"),
        ("lease.at_risk", Reason.LEASE_AT_RISK, "lease.renewed"),
        ("lease.lapsed", Reason.LEASE_AT_RISK, "lease.renewed"),
        ("source.failed", Reason.SOURCE_FAILING, "source.listening"),
    ],
)
def test_each_reason_has_its_beginning_and_its_end(ward: Ward, begins: str, reason: Reason, ends: str) -> None:
    """And is named."""
    ward.tell(begins)
    ward.tell("turn.committed", contact="a")
    assert ward.reasons == [reason]
    assert ward.readiness.verdict().shown()["reasons"][0]["reason"] == reason.value  # type: ignore[index]
    ward.tell(ends)
    assert ward.reasons == []


def test_a_lease_at_risk_because_of_the_store_says_both(ward: Ward) -> None:
    """Cause and effect."""
    ward.tell("lease.at_risk", StoreUnreachable("x"))
    assert ward.reasons == [Reason.STORE_UNREACHABLE, Reason.LEASE_AT_RISK]


def test_a_store_that_hangs_says_nothing_and_is_noticed(ward: Ward) -> None:
    """The renewal is overdue."""
    ward.later(LEASE / 3 + 1)
    assert ward.reasons == []
    ward.later(LEASE / 3)
    assert ward.reasons == [Reason.STORE_UNREACHABLE, Reason.LEASE_AT_RISK]
    ward.tell("lease.renewed")
    assert ward.reasons == []


def test_a_worker_that_stops_is_draining(ward: Ward) -> None:
    """To the end."""
    ward.tell("worker.draining")
    ward.tell("lease.renewed")
    assert ward.reasons == [Reason.DRAINING]


def test_without_a_free_place_it_is_full(ward: Ward) -> None:
    """Also with fewer places than chats, after a reload."""
    ward.room.taken = 9
    assert ward.reasons == []
    ward.room.resize(5)
    assert ward.reasons == [Reason.FULL]


# --------------------------------------------------------------------------------------- deaf sockets


def test_a_chat_is_deaf_after_a_while_without_a_socket(ward: Ward) -> None:
    """A short loss is the link's own business."""
    ward.tell("link.lost", contact="a")
    ward.later(AFTER - 1)
    ward.tell("link.failed", contact="a")
    assert ward.deaf() == []
    ward.later(1)
    assert ward.deaf() == ["a"]
    ward.tell("link.subscribed", contact="a")
    assert ward.deaf() == []


def test_a_chat_that_never_got_a_socket_is_deaf_too(ward: Ward) -> None:
    """It joined, and that was all."""
    ward.tell("contact.joined", contact="a")
    ward.later(AFTER)
    assert ward.deaf() == ["a"]


def test_a_chat_that_is_heard_by_streaming_needs_no_socket(ward: Ward) -> None:
    """Its stream is begun before it joins; where that fails it is deaf until it succeeds."""
    ward.tell("stream.started", contact="a")
    ward.tell("contact.joined", contact="a")
    ward.tell("stream.not_started", contact="b")
    ward.tell("contact.joined", contact="b")
    ward.later(AFTER)
    assert ward.deaf() == ["b"]
    ward.tell("stream.started", contact="b")
    assert ward.deaf() == []


def test_a_gap_that_stays_open_makes_deaf_as_well(ward: Ward) -> None:
    """Live items wait until the transcript has been read."""
    ward.tell("link.subscribed", contact="a")
    ward.tell("transcript.failed", contact="a")
    ward.later(AFTER)
    assert ward.deaf() == ["a"]
    ward.tell("transcript.read", contact="a")
    assert ward.deaf() == []


@pytest.mark.parametrize("end", ["contact.ended", "chat.closed"])
def test_a_chat_that_is_over_is_not_deaf(ward: Ward, end: str) -> None:
    """Nothing is remembered of it."""
    ward.tell("link.lost", contact="a")
    ward.tell("transcript.failed", contact="a")
    ward.tell(end, contact="a")
    ward.later(AFTER)
    assert ward.deaf() == []


def test_the_worker_is_deaf_when_enough_of_its_chats_are(ward: Ward) -> None:
    """One bad connection among many is no reason to stop the worker."""
    ward.room.taken = 4
    ward.tell("link.lost", contact="a")
    ward.later(AFTER)
    ward.tell("lease.renewed")
    assert ward.reasons == []
    ward.tell("contact.joined", contact="b")
    ward.later(AFTER)
    ward.tell("lease.renewed")
    assert ward.reasons == [Reason.DEAF_SOCKETS]
    ward.deafness.adopt(after=AFTER, share=0.6)
    assert ward.reasons == []
