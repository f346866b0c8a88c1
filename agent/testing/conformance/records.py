"""Contact records to test stores with: plain ones by name, and any record at all by Hypothesis.

The strategy is read off the record's own fields, so that a new field is tested from its first day.
"""

from typing import TypeVar, get_type_hints

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields

from agent.ids import ContactId, ContactKey, InstanceId, ParticipantId, Secret
from agent.record import ContactRecord, Cursor, DeadLetter, Participant, Phase, Stream, Timer

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

PARTICIPANT_TOKEN = "QVFJREFIZ-participant-token"  # noqa: S105 - nobody's token
"""A string that must appear in no repr and no error."""


def key(number: int = 1) -> ContactKey:
    """The `number`-th contact; keys sort as their numbers do."""
    return ContactKey(InstanceId("11111111-2222-3333-4444-555555555555"), ContactId(f"contact-{number:06}"))


def record(number: int = 1, *, phase: Phase = Phase.CLAIMED, state: bytes = b"") -> ContactRecord:
    """A fresh record of the `number`-th contact, with a participant token in it."""
    participant = Participant(participant_id=ParticipantId("p"), token=Secret(PARTICIPANT_TOKEN))
    return ContactRecord(
        key=key(number), bot="echo", display_name="Echo", phase=phase, state=state, participant=participant
    )


_COUNT = st.integers(min_value=0, max_value=2**53)
_NAME = st.text(min_size=1, max_size=100)


def _any(kind: type[S], **made_here: st.SearchStrategy[object]) -> st.SearchStrategy[S]:
    """Any struct of `kind`, each field by its type unless its strategy is given."""
    hints = get_type_hints(kind)
    strategies = {
        field.name: _COUNT if hints[field.name] is int else st.from_type(hints[field.name])
        for field in fields(kind)
        if field.name not in made_here
    }
    return st.builds(kind, **strategies, **made_here)


def _some(one: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(one, max_size=3).map(tuple)


def records() -> st.SearchStrategy[ContactRecord]:
    """Any record that a session could write, not yet claimed."""
    return _any(
        ContactRecord,
        key=st.builds(ContactKey, _NAME.map(InstanceId), _NAME.map(ContactId)),
        epoch=st.just(0),
        owner=st.none(),
        participant=st.none() | _any(Participant),
        cursor=_any(Cursor),
        own=_any(Cursor),
        streams=_some(_any(Stream)),
        timers=_some(_any(Timer, due=st.floats(allow_nan=False))),
        dead_letters=_some(_any(DeadLetter)),
    )
