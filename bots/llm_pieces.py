"""A question, and its answer as it becomes durable: in pieces.

Each piece is in the chat's journal before anything is done about it. The model itself acts on nothing: what its tools
ask for arrives as pieces too. Nothing here knows a model or a chat.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

import pydantic

from bots.llm_history import Line


class Kind(StrEnum):
    """What a piece asks for; SAY and WRITE are followed by more, all others are the last.

    SAY: say `text`. WRITE: write the attribute `name`. DONE: the answer is whole. HAND_OFF, LEAVE: the model wants it.
    LIMITED: the chat's tokens or cost are used up. REFUSED: the provider will not answer that. FAILED: there is no
    answer, or but half of one; `text` is why, in a word.
    """

    SAY = "say"
    WRITE = "write"
    DONE = "done"
    HAND_OFF = "handed_off"
    LEAVE = "left"
    LIMITED = "limited"
    REFUSED = "refused"
    FAILED = "failed"


class Spent(pydantic.BaseModel, frozen=True):
    """Tokens and cost."""

    tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(tokens=self.tokens + other.tokens, cost=self.cost + other.cost)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(tokens=self.tokens - other.tokens, cost=self.cost - other.cost)


class Piece(pydantic.BaseModel, frozen=True):
    """One piece; `spent` is what came since the piece before."""

    kind: Kind
    text: str = ""
    name: str = ""
    spent: Spent = Spent()

    @property
    def last(self) -> bool:
        """Whether it ends the answer."""
        return self.kind not in {Kind.SAY, Kind.WRITE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: the chat so far, the customer's words, what was already `said` of the answer, and what is left."""

    history: list[Line]
    text: str
    said: str
    left: Spent


Ask: TypeAlias = Callable[[], Awaitable[Question]]


class Answer(Protocol):
    """One answer, piece by piece; what comes together is durable together."""

    async def next(self) -> list[Piece]:
        """The next pieces, one or more, as soon as they are whole. After a last one there is no other."""
        ...


class Thinker(Protocol):
    """What answers questions."""

    def answer(self, ask: Ask) -> AbstractAsyncContextManager[Answer]:
        """An answer to what `ask` gives; neither is touched before the first piece is wanted."""
        ...
