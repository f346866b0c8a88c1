"""How an order is done: what of the chat it is about, what would keep it from being done, and the doing itself.

The bot has no part in it, except that a repeated turn is the bot's own. It knows records and turns, no socket.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import assert_never

from msgspec.structs import replace

from agent.errors import BotError, ChatAgentError, ConnectError, ConversationOver
from agent.ids import ItemId
from agent.record import ContactRecord, DeadLetter
from agent.session.conversation import Trigger
from agent.session.orders import REMEMBERED, Drop, HandOff, Order, Retry, Say, kept
from agent.session.turn import Cause, LiveTurn
from agent.wire.content import ContentType
from agent.wire.items import Item

History = Callable[[], Awaitable[Sequence[Item]]]

_GREETING = "join"


async def objection(order: Order, record: ContactRecord, history: History) -> str:
    """Why `order` cannot be done in this chat; "" when it can."""
    if not isinstance(order, Retry | Drop):
        return ""
    letter = _letter(record, order.letter)
    if letter is None:
        return f"This chat has no dead letter {order.letter}; see 'chat-agent dlq ls'."
    if isinstance(order, Drop) or letter.item_id == _GREETING:
        return ""
    try:
        found = await _items(letter, history)
    except ConnectError as error:
        return f"The transcript cannot be read ({type(error).__name__}); nothing was done."
    return "" if found else f"Dead letter {order.letter} is about nothing that the chat holds; it cannot be repeated."


def keeping(order: Order, record: ContactRecord) -> ContactRecord:
    """The record with `order` in it; a dropped dead letter is gone at once."""
    if isinstance(order, Drop):
        return replace(record, dead_letters=without(record.dead_letters, order.letter))
    return replace(record, timers=(*record.timers, kept(order)))


async def cause_of(order: Order, cause: Cause, record: ContactRecord, history: History) -> Cause:
    """Why the turn of a kept order runs, for the bot: a repeated turn is about what it was about before."""
    cause = replace(cause, order=order)
    letter = _letter(record, order.letter) if isinstance(order, Retry) else None
    if letter is None:
        return cause
    if letter.item_id == _GREETING:
        return replace(cause, trigger=Trigger.JOINED)
    return replace(cause, trigger=Trigger.ITEMS, items=tuple(await _items(letter, history)))


async def perform(order: Order, turn: LiveTurn, repeat: Callable[[LiveTurn], Awaitable[None]]) -> None:
    """Does `order` within its turn; `repeat` is the bot's part."""
    match order:
        case Say():
            await turn.send(order.text, content_type=ContentType.PLAIN)
        case HandOff():
            await _hand_off(order, turn)
        case Retry():
            await repeat(turn)
        case Drop():
            pass
        case _:
            assert_never(order)


async def _hand_off(order: HandOff, turn: LiveTurn) -> None:
    if order.attributes:
        await turn.set_attributes(order.attributes)
    if order.text:
        await turn.send(order.text, content_type=ContentType.PLAIN)
    await turn.leave()


def done(order: Order, record: ContactRecord) -> ContactRecord:
    """The record as it is once the turn of `order` has ended: it will not be done again."""
    letters = without(record.dead_letters, order.letter) if isinstance(order, Retry) else record.dead_letters
    return replace(record, orders=(*record.orders, order.id)[-REMEMBERED:], dead_letters=letters)


def without(letters: Sequence[DeadLetter], name: ItemId) -> tuple[DeadLetter, ...]:
    """`letters` except the one of that name."""
    return tuple(letter for letter in letters if letter.item_id != name)


def why_not(error: Exception) -> str:
    """Why an order failed, in words that hold nothing of what was said."""
    if isinstance(error, ConversationOver | BotError) and type(error).__module__ == ChatAgentError.__module__:
        return str(error)
    return f"It failed with {type(error).__name__}; see the log."


def _letter(record: ContactRecord, name: ItemId) -> DeadLetter | None:
    return next((letter for letter in record.dead_letters if letter.item_id == name), None)


async def _items(letter: DeadLetter, history: History) -> list[Item]:
    wanted = letter.items or (letter.item_id,)
    return [item for item in await history() if item.id in wanted]
