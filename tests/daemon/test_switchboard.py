"""Each notification reaches the chats that it is about, and no other."""

import json

from agent.daemon.switchboard import Switchboard
from agent.ids import ContactId, ContactKey, InstanceId
from agent.wire.items import Item

KEY = ContactKey(InstanceId("i"), ContactId("c"))


def body(contact: str, initial: str | None = None, instance: str | None = "i") -> str:
    item = {"Id": "1", "Type": "MESSAGE", "ContentType": "text/plain", "ContactId": contact}
    attributes = {} if instance is None else {"InstanceId": {"Type": "String", "Value": instance}}
    message = json.dumps({**item, "InitialContactId": initial or contact})
    return json.dumps({"Message": message, "MessageAttributes": attributes})


def test_a_chat_hears_its_own_contact_while_it_listens() -> None:
    """What belongs to none here is dropped: the transcript is the truth."""
    board = Switchboard()
    heard: list[Item] = []
    board.take(body("c"))
    with board.listen(KEY, heard=heard.append, doubtful=lambda: None):
        board.take(body("c"))
        board.take(body("other"))
        board.take("rubbish")
    board.take(body("c"))
    assert len(heard) == 1
    assert (board.connected, board.dropped) == (1, 4)


def test_the_same_contact_id_of_another_instance_is_another_contact() -> None:
    """One worker may serve several instances; without the attribute the id has to do."""
    board = Switchboard()
    heard: list[Item] = []
    with board.listen(KEY, heard=heard.append, doubtful=lambda: None):
        board.take(body("c", instance="somebody else's"))
        assert heard == []
        board.take(body("c", instance=None))
        assert len(heard) == 1


def test_later_segments_are_heard_by_whoever_has_the_first() -> None:
    """A transferred chat has a new ContactId and keeps its InitialContactId."""
    board = Switchboard()
    heard: list[Item] = []
    with board.listen(KEY, heard=heard.append, doubtful=lambda: None):
        board.take(body("later segment", initial="c"))
        board.take(body("c", initial="c"))
    assert len(heard) == 2


def test_doubt_is_told_to_all_who_listen() -> None:
    """Also to two sessions of one contact, one of which is about to end."""
    board = Switchboard()
    doubts: list[int] = []
    with board.listen(KEY, heard=lambda item: None, doubtful=lambda: doubts.append(1)):
        with board.listen(KEY, heard=lambda item: None, doubtful=lambda: doubts.append(2)):
            board.doubt()
        board.doubt()
    board.doubt()
    assert doubts == [1, 2, 1]
