"""What a model may wish for: to note a fact, to hand the chat off, to end it.

Each tool checks what it is given, says so to the model if that will not do, and puts down a wish; it acts on nothing.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from pydantic_ai import RunContext, Tool
from pydantic_ai.exceptions import ModelRetry

from bots.llm_pieces import Kind, Piece
from bots.llm_settings import Llm

Wishes: TypeAlias = list[Piece]

_LONGEST_VALUE = 1_000


def tools_of(llm: Llm) -> list[Tool[Wishes]]:
    """What the file allows."""
    tools: list[Tool[Wishes]] = []
    if llm.attributes:
        known = "; ".join(f"{name}: {meaning}" for name, meaning in llm.attributes.items())
        tools.append(Tool(_writer(llm), name="write_attribute", description=f"Notes a fact for colleagues. {known}"))
    if llm.may_hand_off:
        tools.append(Tool(_hand_off, name="hand_off", description="Passes the chat on to a person. Ends your part."))
    if llm.may_end:
        tools.append(
            Tool(_end_chat, name="end_chat", description="Leaves the chat when all is said. Say goodbye first.")
        )
    return tools


def _writer(llm: Llm) -> Callable[[RunContext[Wishes], str, str], Awaitable[str]]:
    async def write_attribute(context: RunContext[Wishes], name: str, value: str) -> str:
        if name not in llm.attributes:
            raise ModelRetry(f"There is no such attribute; there is {', '.join(llm.attributes)}.")
        if not 0 < len(value.strip()) <= _LONGEST_VALUE:
            raise ModelRetry(f"A value has 1 to {_LONGEST_VALUE} characters.")
        context.deps.append(Piece(kind=Kind.WRITE, name=name, text=value.strip()))
        return "noted"

    return write_attribute


async def _hand_off(context: RunContext[Wishes]) -> str:
    context.deps.append(Piece(kind=Kind.HAND_OFF))
    return "done"


async def _end_chat(context: RunContext[Wishes]) -> str:
    context.deps.append(Piece(kind=Kind.LEAVE))
    return "done"
