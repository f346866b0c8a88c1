"""The table of a websocket's life: whole, closed, and drawn from itself."""

from itertools import product

import pytest

from agent.wire.transitions import LIVE, OVER, TABLE, Action, LinkInput, LinkState, diagram


def test_every_state_knows_every_input() -> None:
    """No input can surprise."""
    assert set(TABLE) == set(product(LinkState, LinkInput))


def test_every_transition_leads_to_a_state_by_known_actions() -> None:
    """The table holds nothing else."""
    for after, actions in TABLE.values():
        assert after in LinkState
        assert all(action in Action for action in actions)


@pytest.mark.parametrize("state", OVER)
def test_nothing_brings_an_ended_connection_back(state: LinkState) -> None:
    """What is over stays silent."""
    for happened in LinkInput:
        after, actions = TABLE[state, happened]
        assert after in (state, LinkState.CLOSED)
        assert actions == ()


@pytest.mark.parametrize("state", LIVE)
def test_a_live_connection_tells_every_frame_and_can_die(state: LinkState) -> None:
    """However far the subscription has come."""
    assert Action.TELL in TABLE[state, LinkInput.FRAME][1]
    assert TABLE[state, LinkInput.HEARTBEAT_MISSED] == (LinkState.DEAD, (Action.STOP, Action.TELL))
    assert TABLE[state, LinkInput.CLOSED] == (LinkState.CLOSED, (Action.STOP, Action.TELL))


def test_the_diagram_shows_every_state_and_nothing_that_is_ignored() -> None:
    """It is drawn from the table."""
    drawn = diagram()
    assert drawn.startswith("stateDiagram-v2\n    [*] --> opening\n")
    assert all(state in drawn for state in LinkState)
    assert "    subscribing --> subscribed: subscription accepted / rest, tell" in drawn.splitlines()
    assert "opening --> opening" not in drawn
    assert "    dead --> closed: socket closed" in drawn.splitlines()
