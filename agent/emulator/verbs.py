"""The desk's verbs by the names they have over HTTP, with their JSON arguments.

It must not know HTTP itself, nor the rules behind a verb.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.emulator.desk import Desk
from agent.emulator.errors import not_found
from agent.emulator.participants import Role

Body = dict[str, Any]


def perform(desk: Desk, contact_id: str, verb: str, body: Body) -> Body:
    """Do `verb` to a contact and answer a JSON object. Raises ServiceError, KeyError or ValueError."""
    if verb not in VERBS:
        raise not_found(f"The verbs are {', '.join(sorted(VERBS))}.")
    desk.note(verb, contact_id)
    return VERBS[verb](desk, contact_id, body) or {}


def _agent_joins(desk: Desk, contact_id: str, body: Body) -> Body:
    return {"participantId": desk.agent_joins(contact_id, str(body.get("name", "Agent")))}


def _agent_leaves(desk: Desk, contact_id: str, body: Body) -> None:
    desk.agent_leaves(contact_id, body.get("participantId"))


def _agent_says(desk: Desk, contact_id: str, body: Body) -> Body:
    return {"id": desk.agent_says(contact_id, *_message(body), participant_id=body.get("participantId"))}


def _agent_types(desk: Desk, contact_id: str, body: Body) -> None:
    del body
    desk.agent_types(contact_id)


def _lex_joins(desk: Desk, contact_id: str, body: Body) -> Body:
    del body
    return {"participantId": desk.lex_joins(contact_id)}


def _lex_says(desk: Desk, contact_id: str, body: Body) -> Body:
    return {"id": desk.lex_says(contact_id, *_message(body))}


def _lex_leaves(desk: Desk, contact_id: str, body: Body) -> None:
    del body
    desk.lex_leaves(contact_id)


def _bot_leaves(desk: Desk, contact_id: str, body: Body) -> None:
    del body
    desk.bot_leaves(contact_id)


def _wait_fails(desk: Desk, contact_id: str, body: Body) -> None:
    del body
    desk.wait_fails(contact_id)


def _customer_leaves(desk: Desk, contact_id: str, body: Body) -> None:
    del body
    desk.customer_leaves(contact_id)


def _stop(desk: Desk, contact_id: str, body: Body) -> None:
    desk.stop(contact_id, str(body.get("reason", "API")))


def _expire_tokens(desk: Desk, contact_id: str, body: Body) -> None:
    desk.expire_tokens(contact_id, _role(body))


def _close_sockets(desk: Desk, contact_id: str, body: Body) -> Body:
    code = int(body.get("code", 1001))
    if not 1000 <= code <= 4999:
        raise ValueError("code is between 1000 and 4999")
    return {"closed": desk.close_sockets(contact_id, code, _role(body))}


def _transfer(desk: Desk, contact_id: str, body: Body) -> Body:
    return {"contactId": desk.transfer(contact_id, queue=str(body.get("queue", "BasicQueue")))}


def _role(body: Body) -> Role | None:
    return Role(body["role"]) if body.get("role") else None


def _message(body: Body) -> tuple[str, str]:
    return str(body["text"]), str(body.get("contentType", "text/plain"))


VERBS: dict[str, Callable[[Desk, str, Body], Body | None]] = {
    "agent-joins": _agent_joins,
    "agent-leaves": _agent_leaves,
    "agent-says": _agent_says,
    "agent-types": _agent_types,
    "bot-leaves": _bot_leaves,
    "close-sockets": _close_sockets,
    "customer-leaves": _customer_leaves,
    "expire-tokens": _expire_tokens,
    "lex-joins": _lex_joins,
    "lex-leaves": _lex_leaves,
    "lex-says": _lex_says,
    "stop": _stop,
    "transfer": _transfer,
    "wait-fails": _wait_fails,
}
"""What `perform` knows."""
