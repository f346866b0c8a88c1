"""The past of a chat: which record stood between two turns."""

import pytest
from msgspec.structs import replace

from agent.cli.devloop.history import History, Moment
from agent.ids import ContactId, ContactKey, InstanceId
from agent.record import ContactRecord, Cursor, Phase

RECORD = ContactRecord(
    key=ContactKey(InstanceId("i"), ContactId("c")), bot="shop", display_name="Shop", phase=Phase.JOINED
)


def _moment(turns: int, *handled: str, journal: bytes = b"", phase: Phase = Phase.JOINED) -> Moment:
    cursor = Cursor(floor=("1", ""), handled=tuple((one, "id") for one in handled))
    record = replace(RECORD, handled_turns=turns, cursor=cursor, journal=journal, phase=phase)
    return Moment(record=record, at=str(turns))


def test_a_save_in_the_middle_of_a_turn_is_not_between_two() -> None:
    """A step of the dialog was remembered, the message not yet handled."""
    history = History()
    greeted, stepped, answered = _moment(1), _moment(1, journal=b"step"), _moment(2, "2")
    for moment in (_moment(0), greeted, stepped, answered):
        history.note("c", moment)
    assert history.before("c", ("2", "id")) is greeted
    assert history.before("c", ("3", "id")) is answered


def test_before_the_first_turn_there_was_nothing() -> None:
    """The chat begins anew."""
    history = History()
    history.note("c", _moment(0))
    assert history.before("c", ("2", "id")) is None


def test_the_end_of_a_chat_is_no_place_to_go_on_from() -> None:
    """Its journal is gone by then."""
    history = History()
    first = _moment(1)
    history.note("c", first)
    history.note("c", _moment(2, phase=Phase.OVER))
    assert history.before("c", ("9", "id")) is first


def test_what_is_forgotten_or_was_never_known_is_said() -> None:
    """Not guessed at: also where the one moment that counts may just have gone."""
    history = History(moments=2, chats=1)
    with pytest.raises(LookupError):
        history.before("c", ("2", "id"))
    for moment in (_moment(1), _moment(2, "2"), _moment(3, "2", "3")):
        history.note("c", moment)
    with pytest.raises(LookupError):
        history.before("c", ("2", "id"))
    with pytest.raises(LookupError):
        history.before("c", ("3", "id"))
    history.note("d", _moment(1))
    with pytest.raises(LookupError):
        history.before("c", ("9", "id"))


def test_a_chat_that_goes_on_from_another_has_its_past() -> None:
    """So one can go back twice."""
    history = History()
    moments = [_moment(1), _moment(2, "2"), _moment(3, "2", "3")]
    for moment in moments:
        history.note("c", moment)
    history.continued("c", "d", moments[1])
    assert history.before("d", ("2", "id")) is moments[0]
    assert history.before("d", ("9", "id")) is moments[1]
