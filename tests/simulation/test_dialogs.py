"""What the verdict on two builds of a dialog takes and what it does not."""

import pytest

from tests.simulation.dialogs import Policy, Reading, reading

BEGUN = ("hello b1", "1 size 1 v1 b1", "2 colour 3 v1 b1")


def read(policy: Policy, *more: str, numbers: int = 3, builds: tuple[int, ...] = (1, 2), changes: int = 0) -> Reading:
    return reading((*BEGUN, *more), range(1, numbers + 1), builds, policy, changes=changes)


@pytest.mark.parametrize(
    ("policy", "more"),
    [
        (Policy.KEPT, ("3 done 6 v1 b2",)),
        (Policy.RESTART, ("restarted b2", "1 brand 1 v2 b2")),
        (Policy.HAND_OFF, ("handed over b2",)),
    ],
)
def test_each_policy_has_its_own_line_for_a_dialog_of_the_older_build(policy: Policy, more: tuple[str, ...]) -> None:
    """And another policy's is none that may be, nor is it one before there is a later build."""
    assert read(policy, *more) == Reading(read=3)
    for other in set(Policy) - {policy}:
        assert read(other, *more).read < 3
    assert read(policy, *more, builds=(1,)).read < 3


@pytest.mark.parametrize(
    "more",
    [
        ("3 done 6 v1 b1", "3 done 6 v1 b1"),  # twice
        ("3 done 5 v1 b1",),  # a number was forgotten
        ("4 size 4 v1 b1",),  # one was not answered
        ("3 colour 6 v1 b1",),  # a question was asked twice
        ("3 done 6 v2 b2",),  # it began with the other version
    ],
)
def test_a_line_that_nobody_should_have_said_ends_the_reading(more: tuple[str, ...]) -> None:
    """Nothing after it is taken for read."""
    assert read(Policy.KEPT, *more, numbers=4, changes=9).read == -1


def test_what_one_build_began_another_may_finish_and_it_is_counted() -> None:
    """The first line of a turn stands; who commits the turn goes on behind it."""
    lines = ("restarted b2", "4 size 4 v1 b1")
    assert read(Policy.RESTART, *lines, numbers=4, changes=1) == Reading(read=4)
    assert read(Policy.RESTART, *lines, numbers=4).read < 4


def test_a_turn_that_was_cut_off_is_half_read() -> None:
    """Its second line is still to come."""
    assert read(Policy.RESTART, "restarted b2") == Reading(read=2, half=True)
    assert read(Policy.RESTART) == Reading(read=2)


def test_after_a_hand_over_nothing_more_is_said() -> None:
    """Whatever the customer writes; unless who said so died before it left, and another went on."""
    assert read(Policy.HAND_OFF, "handed over b2", numbers=9) == Reading(read=9)
    lines = ("handed over b2", "4 brand 4 v2 b2")
    assert read(Policy.HAND_OFF, *lines, numbers=4, changes=1) == Reading(read=4)
    assert read(Policy.HAND_OFF, *lines, numbers=4).read == -1
