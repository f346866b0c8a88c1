"""The only entrance: once each, in order, bounded."""

from hypothesis import given
from hypothesis import strategies as st

from agent.ids import ItemId, ParticipantId
from agent.record import Cursor
from agent.session.ledger import Ledger
from agent.session.presence import Presence
from agent.wire.content import EventType, Role
from agent.wire.items import Event, Sender

positions = st.tuples(
    st.sampled_from([f"2026-01-01T00:00:{second:02}.000Z" for second in range(60)]), st.text(max_size=3)
)


@given(st.lists(positions, max_size=300))
def test_what_was_marked_stays_marked_through_the_durable_form(marked: list[tuple[str, str]]) -> None:
    """Bounded memory never forgets that something was handled, also in the next life."""
    ledger = Ledger(Cursor())
    for position in marked:
        ledger.mark(position)
        assert position in ledger
    again = Ledger(ledger.cursor)
    assert all(position in again for position in marked)
    assert len(ledger.cursor.handled) <= Ledger.REMEMBERED


def test_what_came_after_everything_handled_is_new() -> None:
    """The floor rises with what is forgotten, no further."""
    ledger = Ledger(Cursor())
    for number in range(100):
        ledger.mark((f"{number:03}", f"id{number}"))
    assert ("100", "new") not in ledger
    assert ("050", "late") not in ledger
    assert ("001", "old") in ledger
    assert ledger.anchor == ItemId("id35")


def test_a_settled_ledger_remembers_nothing_and_forgets_nothing() -> None:
    """What is older than the newest has been dealt with, whether it was ever heard of or not."""
    ledger = Ledger(Cursor())
    for number in range(10):
        ledger.mark((f"{number:03}", f"id{number}"))
    ledger.settle()
    assert ledger.cursor == Cursor(floor=("009", "id9"))
    assert ("005", "never heard of") in ledger
    assert ("010", "new") not in ledger
    assert ledger.newest == ("009", "id9")


def _event(kind: str, who: str, role: Role, at: str) -> Event:
    return Event(
        id=ItemId(f"{kind}{who}{at}"),
        absolute_time=at,
        sender=Sender(participant_id=ParticipantId(who), role=role),
        content_type=kind,
    )


def test_an_agent_who_came_and_went_does_not_silence_the_bot() -> None:
    """What an earlier segment saw is history."""
    presence = Presence(ParticipantId("bot"), "contact")  # type: ignore[arg-type]
    presence.watch(_event(EventType.PARTICIPANT_LEFT, "anna", Role.AGENT, "2"))
    presence.watch(_event(EventType.PARTICIPANT_JOINED, "anna", Role.AGENT, "1"))
    assert presence.verdict() is None


def test_a_customer_who_comes_back_is_there() -> None:
    """Joined after left."""
    presence = Presence(ParticipantId("bot"), "contact")  # type: ignore[arg-type]
    for kind, at in ((EventType.PARTICIPANT_LEFT, "1"), (EventType.PARTICIPANT_JOINED, "2")):
        presence.watch(_event(kind, "ana", Role.CUSTOMER, at))
    assert presence.verdict() is None
