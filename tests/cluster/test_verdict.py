"""The verdict sees each fault it has a name for, and sees none where there is none."""

import pytest

from tests.cluster.chats import Claim, Item, Seen
from tests.cluster.verdict import FAULTS, expected, verdict

CONTACT = "c"
PLAIN = ("plain 1", "plain 2")
WHOLE = ("1.1 1 a", "1.2 1 a", "2.1 3 b", "2.2 3 b")
CLAIMS = (Claim(contact=CONTACT, worker="a", epoch=1), Claim(contact=CONTACT, worker="b", epoch=2))


def chat(*said: str, sent: tuple[str, ...] = PLAIN, unheard: int = 0) -> Seen:
    """All messages first, one a second, and then the replies; the last `unheard` did not come by the socket."""
    lines = [*((False, text) for text in sent), *((True, text) for text in said)]
    items = tuple(Item(id=str(n), by_bot=bot, text=text, at=float(n)) for n, (bot, text) in enumerate(lines))
    heard = tuple(item.id for item in items)[: len(items) - unheard]
    return Seen(contact=CONTACT, sent=sent, heard=heard, items=items)


def test_what_must_be_said_follows_from_what_was_sent() -> None:
    """A plain message gets two parts and the sum of all; a dialog of three has one part each and a sum of its own."""
    assert expected(PLAIN) == {(1, 1): 1, (1, 2): 1, (2, 1): 3, (2, 2): 3}
    assert expected(("trio 1", "2", "3", "trio 4")) == {(1, 1): 1, (2, 1): 3, (3, 1): 6, (4, 1): 4}


def test_a_chat_that_was_taken_over_in_order_breaks_nothing() -> None:
    """One worker says the beginning, the next one the rest."""
    found = verdict([chat(*WHOLE)], CLAIMS)
    assert (found.messages, found.replies, found.takeovers, found.violations) == (2, 4, 1, [])
    assert found.silences == [2.0, 3.0]
    assert (found.silence(0.5), found.silence(1), found.worst) == (3.0, 3.0, CONTACT)


def test_a_worker_may_take_over_from_its_own_successor() -> None:
    """It has been silent in between, and owns a later epoch."""
    back = ("1.1 1 a", "1.2 1 b", "2.1 3 a", "2.2 3 a")
    assert verdict([chat(*back)], [*CLAIMS, Claim(contact=CONTACT, worker="a", epoch=3)]).violations == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("lost", WHOLE[:-1]),
        ("lost", ()),
        ("doubled", (*WHOLE, WHOLE[-1])),
        ("out of order", (WHOLE[0], WHOLE[2], WHOLE[1], WHOLE[3])),
        ("wrong", (*WHOLE[:2], "2.1 2 b", "2.2 2 b")),
        ("wrong", (*WHOLE, "Sorry, something went wrong.")),
        ("two speakers", (*WHOLE[:3], "2.2 3 a")),
        ("two speakers", (*WHOLE[:3], "2.2 3 stranger")),
    ],
)
def test_each_fault_is_seen(fault: str, said: tuple[str, ...]) -> None:
    """And none of the others, but that swapping speakers swaps replies."""
    found = verdict([chat(*said)], CLAIMS)
    assert found.count(fault) > 0
    assert {violation.fault for violation in found.violations} <= {fault, "two speakers"}


def test_an_epoch_that_two_workers_owned_is_seen() -> None:
    """Although they never spoke at the same time."""
    assert verdict([chat(*WHOLE)], [*CLAIMS, Claim(contact=CONTACT, worker="c", epoch=2)]).count("two speakers") == 1


def test_a_message_that_the_customer_did_not_hear_is_seen() -> None:
    """The transcript has it, the socket had not."""
    assert verdict([chat(*WHOLE, unheard=1)], CLAIMS).count("unheard") == 1


def test_a_customers_message_that_connect_lost_is_seen() -> None:
    """Nothing else could be trusted then."""
    whole = chat(*WHOLE)
    short = Seen(contact=CONTACT, sent=(*PLAIN, "plain 3"), heard=whole.heard, items=whole.items)
    found = verdict([short], CLAIMS)
    assert (found.count("wrong"), found.count("lost")) == (1, 2)


def test_without_chats_there_is_no_silence() -> None:
    """An empty soak has a verdict, too."""
    found = verdict([], [])
    assert (found.silence(0.5), found.worst, sum(map(found.count, FAULTS))) == (0.0, "", 0)
