"""Whose chat a middleware is given: it acts in the turn, but belongs to no handler and stands in no journal.

The stand-in bears the middleware's name and place, so that what it may not do is refused in its own words. It knows
what the turn is about, not which handler takes it.
"""

from contextlib import AsyncExitStack

from agent.bot.handlers import Handler, Kind, place
from agent.bot.journal import RunRecord
from agent.bot.middleware import Middleware
from agent.bot.run import Host, Run
from agent.bot.runs import nothing
from agent.session.conversation import Turn
from agent.wire.items import Item


def bystander(around: Middleware, turn: Turn, about: Item | None, host: Host, stack: AsyncExitStack) -> Run:
    """The run that stands for `around` in `turn`, until `stack` is closed."""
    name = str(getattr(around, "__name__", type(around).__name__))
    stand_in = Handler(kind=Kind.AROUND, function=nothing, name=name, where=place(around))
    run = Run(stand_in, RunRecord(id="", handler="", version=1), host, item=about)
    run.turn = turn
    stack.callback(run.step_back)
    return run
