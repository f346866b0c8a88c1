"""A bot as a picture: its handlers in the order of trying, routers as boxes, what each does, the bots behind it."""

from collections.abc import Mapping
from typing import Any

from agent.bot.bot import Bot
from agent.bot.handlers import Handler, Kind
from agent.bot.router import Router
from agent.bot.routes import Routes
from agent.cli.drawing.mermaid import Flowchart, Shape
from agent.cli.drawing.outline import outline
from agent.cli.drawing.ways import draw


def drawn(bot: Bot[Any, Any]) -> str:
    """The Mermaid text; the same for the same bot, always."""
    chart = Flowchart()
    _bot(chart, bot)
    return str(chart)


def _bot(chart: Flowchart, bot: Bot[Any, Any]) -> str:
    start = chart.node(bot.name, f"turns: {bot.overlap}", shape=Shape.STADIUM)
    _router(chart, bot, start, _ranks(bot.routes))
    behind = getattr(bot, "bots", None)
    if isinstance(behind, Mapping):
        for name, other in behind.items():
            with chart.box(f"bot {name}"):
                first = _bot(chart, other)
            chart.arrow(start, first, "hands the chat to", dashed=True)
    return start


def _router(chart: Flowchart, router: Router[Any, Any], start: str, ranks: dict[tuple[Any, ...], int]) -> None:
    for entry in router.entries:
        if isinstance(entry, Router):
            with chart.box("router", f"only {entry.only!r}" if entry.only is not None else ""):
                _router(chart, entry, start, ranks)
        else:
            _handler(chart, entry, start, ranks.get(_key(entry)))


def _handler(chart: Flowchart, handler: Handler, start: str, rank: int | None) -> None:
    old = handler.kind is Kind.DIALOG and rank is None
    number = f"{rank}. " if rank is not None else ""
    version = f" version {handler.version}" if (handler.kind is Kind.DIALOG and handler.version > 1) or old else ""
    title = f"{number}{handler.kind} {handler.name}{version}"
    node = chart.node(title, handler.where, "anytime" if handler.anytime else "", shape=Shape.ROUND)
    chart.arrow(start, node, "only chats that began with it" if old else _when(handler), dashed=old)
    found = outline(handler.function)
    if found is None:
        chart.arrow(node, chart.node("its source cannot be read"), dashed=True)
    else:
        draw(chart, found, [(node, "")])


def _when(handler: Handler) -> str:
    match handler.kind:
        case Kind.JOIN:
            return "the bot has joined"
        case Kind.LEAVE:
            return "the conversation is over"
        case Kind.TIMEOUT:
            return f"{handler.after:g} s of silence"
        case Kind.TIMER:
            return f"timer {handler.name}"
        case Kind.ERROR:
            return " or ".join(error.__name__ for error in handler.errors) or "any error"
        case _:
            return repr(handler.filter) if handler.filter is not None else "whatever nothing else took"


def _ranks(routes: Routes) -> dict[tuple[Any, ...], int]:
    """The place of each in the order of trying, beginning anew for messages, attachments and events."""
    lanes = ((*routes.anytime.handlers, *routes.messages.handlers), routes.attachments.handlers, routes.events.handlers)
    return {_key(handler): rank for lane in lanes for rank, handler in enumerate(lane, 1)}


def _key(handler: Handler) -> tuple[Any, ...]:
    """A router's filter is added when the table is made, and a second handler of one name gets a number; this stays."""
    return handler.kind, handler.function, handler.where, handler.version
