"""A contact's record: what it shows of itself, and what earlier ones look like."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from rich.pretty import pretty_repr

from agent.ids import ParticipantId, Secret, WorkerId
from agent.record import FORMAT, ContactRecord, Participant, Timer, decode
from agent.testing.conformance.records import PARTICIPANT_TOKEN, key, records


@given(records())
def test_a_record_says_itself_whole(mine: ContactRecord) -> None:
    """All but epoch and owner, which belong to the store."""
    claimed = msgspec.structs.replace(mine, epoch=7, owner=WorkerId("ann"))
    assert claimed.encode() == mine.encode()
    assert decode(claimed.encode(), epoch=7, owner=WorkerId("ann")) == claimed


@given(records())
def test_a_record_with_its_defaults_written_out_is_the_same(mine: ContactRecord) -> None:
    """So the first version wrote them, without epoch and owner; such records stay readable."""
    plain = {name: getattr(mine, name) for name in mine.__struct_fields__ if name not in ("epoch", "owner")}
    body = msgspec.msgpack.encode({"format": FORMAT, "record": plain})
    assert decode(body, epoch=0, owner=None) == mine


@pytest.mark.parametrize("show", [repr, str, pretty_repr])
def test_what_customers_said_and_secrets_are_not_shown(show: Callable[[object], str]) -> None:
    """Neither by `repr` nor by rich, which asks a struct for its fields."""
    said = ContactRecord(
        key=key(),
        bot="echo",
        display_name="Echo",
        attributes={"name": "spoken"},
        state=b"spoken",
        journal=b"spoken",
        participant=Participant(participant_id=ParticipantId("p"), token=Secret(PARTICIPANT_TOKEN)),
        timers=(Timer(name="later", due=1.0, payload="spoken"),),
    )
    shown = show(said)
    assert "later" in shown
    assert "spoken" not in shown
    assert PARTICIPANT_TOKEN not in shown
