"""The table of all that can be asked and ordered, and the one way in which each is done: checked, done, noted.

Who may come in is the server's business. An order is noted in the audit log, whatever became of it; never what it said.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from agent.daemon.control import asks
from agent.daemon.control.audit import Audit
from agent.daemon.control.looking import Looking, Tell, key_of
from agent.daemon.control.ordering import Ordering
from agent.daemon.control.peer import Peer
from agent.daemon.control.protocol import Code, Request
from agent.daemon.control.timeline import Timeline
from agent.daemon.worker import Worker
from agent.errors import ControlRefused, StoreError
from agent.ids import ContactKey
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """How one question is answered or one order carried out; orders are noted."""

    ask: type[asks.Ask]
    do: Callable[[Any, Tell], Awaitable[Mapping[str, Any]]]
    order: bool = False


class Desk:
    """Where an operator's requests are dealt with."""

    def __init__(self, worker: Worker, timeline: Timeline, ports: Ports, audit: Audit) -> None:
        self._looking = Looking(worker, timeline, ports.store, ports.clock)
        self._audit = audit
        self._report = ports.report
        self._verbs = _table(self._looking, Ordering(worker, self._looking, ports))

    async def answer(self, request: Request, peer: Peer, tell: Tell) -> Mapping[str, Any]:
        """Does what is asked; `tell` is told of work that goes on.

        Raises:
            ControlRefused: it cannot be, or must not be done.
        """
        verb = self._verbs.get(request.verb)
        if verb is None:
            raise ControlRefused(Code.BAD_REQUEST, f"There is no verb {request.verb[:40]!r} here.")
        ask = _checked(verb, request)
        if not verb.order:
            return await _done(verb, ask, tell)
        return await self._noted(request.verb, verb, ask, peer, tell)

    async def _noted(self, name: str, verb: Verb, ask: asks.Ask, peer: Peer, tell: Tell) -> Mapping[str, Any]:
        """An order is noted before it is begun, so that even one that ends this worker stands there, and at its end."""
        contact = await self._contact(ask)
        self.note(peer, name, contact, "asked")
        outcome = "unknown"
        try:
            answer = await _done(verb, ask, tell)
            outcome = "done"
        except ControlRefused as refusal:
            outcome = f"refused: {refusal.code}"
            raise
        finally:
            self.note(peer, name, contact, outcome)
        return answer

    async def _contact(self, ask: asks.Ask) -> ContactKey | None:
        name = getattr(ask, "contact", "")
        found = await self._looking.finder.matches(name, stored=True) if name else []
        return found[0] if len(found) == 1 else None

    def note(self, peer: Peer, verb: str, contact: ContactKey | None, outcome: str) -> None:
        """Notes an order in the audit log, and in the log."""
        fields: dict[str, str | int] = {"verb": verb, "uid": peer.uid, "pid": peer.pid, "result": outcome}
        self._report(Happening(name="control.used", level=Level.INFO, contact=contact, fields=fields))
        try:
            self._audit.write(peer, verb, contact, outcome)
        except OSError as error:
            self._report(Happening(name="control.not_noted", level=Level.ERROR, contact=contact, error=error))


def _table(looking: Looking, ordering: Ordering) -> Mapping[str, Verb]:
    return {
        "hello": Verb(ask=asks.Ask, do=looking.hello),
        "ps": Verb(ask=asks.Paged, do=looking.ps),
        "find": Verb(ask=asks.Find, do=looking.find),
        "show": Verb(ask=asks.AboutContact, do=looking.show),
        "tail": Verb(ask=asks.Tail, do=looking.tail),
        "dlq.ls": Verb(ask=asks.Paged, do=looking.letters),
        "dlq.show": Verb(ask=asks.AboutLetter, do=looking.letter),
        "dlq.retry": Verb(ask=asks.AskLetter, do=ordering.retry, order=True),
        "dlq.drop": Verb(ask=asks.AskLetter, do=ordering.drop, order=True),
        "say": Verb(ask=asks.AskSay, do=ordering.say, order=True),
        "hand-off": Verb(ask=asks.AskHandOff, do=ordering.hand_off, order=True),
        "close": Verb(ask=asks.AskClose, do=ordering.close, order=True),
        "move": Verb(ask=asks.AskMove, do=ordering.move, order=True),
        "drain": Verb(ask=asks.AskDrain, do=ordering.drain, order=True),
    }


def _checked(verb: Verb, request: Request) -> asks.Ask:
    try:
        ask = msgspec.json.decode(request.args, type=verb.ask)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ControlRefused(Code.BAD_REQUEST, f"These are no arguments for {request.verb!r}.") from error
    after = getattr(ask, "after", "")
    if after and not key_of(after).contact_id:
        raise ControlRefused(Code.BAD_REQUEST, "A page begins behind 'instance/contact'.")
    return ask


async def _done(verb: Verb, ask: asks.Ask, tell: Tell) -> Mapping[str, Any]:
    try:
        return await verb.do(ask, tell)
    except StoreError as error:
        raise ControlRefused(Code.FAILED, f"The store failed ({type(error).__name__}); see the log.") from error
