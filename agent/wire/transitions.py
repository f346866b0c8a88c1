"""The life of one participant websocket, as one table, and the diagram that draws itself from it.

Every pair of state and input stands in the table, so no input can surprise. What the actions do, when an input is
due and what a frame means are the connection's business.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import product
from typing import TypeAlias


class LinkState(StrEnum):
    """Where a connection stands."""

    __hash__ = str.__hash__  # an enum's own is Python code, and each frame looks into the table

    OPENING = "opening"
    SUBSCRIBING = "subscribing"
    REJECTED = "rejected"
    SUBSCRIBED = "subscribed"
    FAILED = "failed"
    DEAD = "dead"
    CLOSED = "closed"


class LinkInput(StrEnum):
    """What can happen to a connection."""

    __hash__ = str.__hash__

    OPENED = "socket opened"
    OPENING_OVERDUE = "URL expired"
    ACCEPTED = "subscription accepted"
    REFUSED = "subscription rejected"
    SUBSCRIBE_DUE = "subscribe again"
    SUBSCRIBE_HOPELESS = "no subscription"
    BEAT_DUE = "heartbeat due"
    HEARTBEAT_MISSED = "heartbeat missed"
    PING_MISSED = "ping missed"
    HEARTBEAT = "heartbeat answered"
    PING = "ping answered"
    UNHEALTHY = "ping answered badly"
    FRAME = "frame"
    CLOSED = "socket closed"


class Action(StrEnum):
    """What a transition does."""

    SUBSCRIBE = "subscribe"
    PAUSE = "pause"
    REST = "rest"
    BEAT = "beat"
    NOTE_HEARTBEAT = "note heartbeat"
    NOTE_PING = "note ping"
    TELL = "tell"
    STOP = "stop"


Transition: TypeAlias = tuple[LinkState, tuple[Action, ...]]
Table: TypeAlias = Mapping[tuple[LinkState, LinkInput], Transition]

LIVE = (LinkState.SUBSCRIBING, LinkState.REJECTED, LinkState.SUBSCRIBED)
"""The states in which the socket is open and believed."""

OVER = (LinkState.FAILED, LinkState.DEAD, LinkState.CLOSED)
"""The states from which nothing is sent or told any more."""


def _ignored() -> Iterator[tuple[tuple[LinkState, LinkInput], Transition]]:
    for state, happened in product(LinkState, LinkInput):
        yield (state, happened), (state, ())


def _while_live(state: LinkState) -> dict[tuple[LinkState, LinkInput], Transition]:
    """What does not depend on how far the subscription has come."""
    return {
        (state, LinkInput.ACCEPTED): (LinkState.SUBSCRIBED, (Action.REST, Action.TELL)),
        (state, LinkInput.REFUSED): (LinkState.REJECTED, (Action.PAUSE,)),
        (state, LinkInput.SUBSCRIBE_DUE): (LinkState.SUBSCRIBING, (Action.SUBSCRIBE,)),
        (state, LinkInput.SUBSCRIBE_HOPELESS): (LinkState.FAILED, (Action.STOP, Action.TELL)),
        (state, LinkInput.BEAT_DUE): (state, (Action.BEAT,)),
        (state, LinkInput.HEARTBEAT_MISSED): (LinkState.DEAD, (Action.STOP, Action.TELL)),
        (state, LinkInput.PING_MISSED): (state, (Action.TELL,)),
        (state, LinkInput.HEARTBEAT): (state, (Action.NOTE_HEARTBEAT,)),
        (state, LinkInput.PING): (state, (Action.NOTE_PING,)),
        (state, LinkInput.UNHEALTHY): (state, (Action.NOTE_PING, Action.TELL)),
        (state, LinkInput.FRAME): (state, (Action.TELL,)),
        (state, LinkInput.CLOSED): (LinkState.CLOSED, (Action.STOP, Action.TELL)),
    }


TABLE: Table = {
    **dict(_ignored()),
    (LinkState.OPENING, LinkInput.OPENED): (LinkState.SUBSCRIBING, (Action.SUBSCRIBE, Action.BEAT)),
    (LinkState.OPENING, LinkInput.OPENING_OVERDUE): (LinkState.DEAD, (Action.STOP, Action.TELL)),
    (LinkState.OPENING, LinkInput.CLOSED): (LinkState.CLOSED, (Action.STOP, Action.TELL)),
    **_while_live(LinkState.SUBSCRIBING),
    **_while_live(LinkState.REJECTED),
    **_while_live(LinkState.SUBSCRIBED),
    (LinkState.SUBSCRIBED, LinkInput.ACCEPTED): (LinkState.SUBSCRIBED, ()),
    (LinkState.SUBSCRIBED, LinkInput.SUBSCRIBE_DUE): (LinkState.SUBSCRIBED, ()),
    (LinkState.FAILED, LinkInput.CLOSED): (LinkState.CLOSED, ()),
    (LinkState.DEAD, LinkInput.CLOSED): (LinkState.CLOSED, ()),
}


def diagram() -> str:
    """The table as a Mermaid ``stateDiagram-v2``; what is ignored is left out."""
    arrows = [
        f"    {state} --> {after}: {happened}{_doing(actions)}"
        for (state, happened), (after, actions) in TABLE.items()
        if after is not state or actions
    ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {LinkState.OPENING}", *arrows, "    closed --> [*]"]) + "\n"


def _doing(actions: tuple[Action, ...]) -> str:
    return f" / {', '.join(actions)}" if actions else ""
