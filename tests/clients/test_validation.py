"""Every constraint that AWS's models put on a request is enforced by the server itself, since SDKs check only some.

From the models: members that are missing, of another type, too short, too long, too small, too large, or not in
their enum; one at a time in an otherwise good request. Each must be the operation's modelled 400.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from agent.emulator import INSTANCE_ID
from agent.emulator.model import service_model
from agent.emulator.operations import OFFERED
from tests.clients.amazon import Amazon
from tests.clients.boto import Boto, Person
from tests.clients.test_boto3_errors import MINIMAL

DEEP = 4
WRONG: dict[str, list[Any]] = {
    "string": [7, True, ["text"], {"a": "b"}],
    "integer": ["7", 1.5, True],
    "long": ["7", 1.5],
    "boolean": ["true", 1],
    "list": ["text", {"a": 1}],
    "map": ["text", [1]],
    "structure": ["text", [1], 7],
}
MORE: dict[str, dict[str, Any]] = {
    "StartChatContact": {
        "InitialMessage": {"ContentType": "text/plain", "Content": "hello"},
        "PersistentChat": {
            "RehydrationType": "FROM_SEGMENT",
            "SourceContactId": "00000000-0000-4000-8000-000000000000",
        },
        "Attributes": {"tier": "gold"},
        "SupportedMessagingContentTypes": ["text/plain"],
        "ParticipantConfiguration": {"ResponseMode": "COMPLETE"},
        "DisconnectOnCustomerExit": ["AGENT"],
    },
    "GetTranscript": {"StartPosition": {"MostRecent": 5}},
}
"""Members that a minimal request has not, so that what is below them is tried too."""
INVALID = ("ValidationException", "InvalidRequestException", "InvalidParameterException")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong with a request: which member, and what is there instead. None: it is missing."""

    path: tuple[str | int, ...]
    value: Any


def _flaws(shape: Any, path: tuple[str | int, ...], given: Any) -> Iterator[Flaw]:
    """Every flaw of one member and, where the good request goes deeper, of what is below it."""
    for value in [*WRONG.get(shape.type_name, []), *_beyond(shape)]:
        yield Flaw(path=path, value=value)
    if len(path) > DEEP or given is None:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in shape.required_members:
                yield Flaw(path=(*path, name), value=None)
            yield from _flaws(member, (*path, name), given.get(name))
    elif shape.type_name == "list" and given:
        yield from _flaws(shape.member, (*path, 0), given[0])


def _beyond(shape: Any) -> Iterator[Any]:
    limits = shape.metadata
    least, most = limits.get("min"), limits.get("max")
    match shape.type_name:
        case "string":
            if "enum" in limits:
                yield "NO_SUCH_VALUE"
            if most is not None:
                yield "x" * (most + 1)
            if least:
                yield ""
        case "integer" | "long":
            yield from [least - 1] if least is not None else []
            yield from [most + 1] if most is not None else []
        case "list":
            yield from [[]] if least else []


def _of_operation(service: str, name: str) -> list[Flaw]:
    shape: Any = service_model(service).operation_model(name).input_shape
    found: list[Flaw] = []
    for member, below in shape.members.items():
        if below.serialization.get("location"):
            continue
        if member in shape.required_members:
            found.append(Flaw(path=(member,), value=None))
        found += _flaws(below, (member,), (MINIMAL[name] | MORE.get(name, {})).get(member))
    return found


def _with(request: dict[str, Any], flaw: Flaw) -> dict[str, Any]:
    changed: Any = deepcopy(request)
    place = changed
    for step in flaw.path[:-1]:
        place = place[step]
    if flaw.value is None:
        place.pop(flaw.path[-1], None)
    elif isinstance(place, list):
        place[int(flaw.path[-1])] = flaw.value
    else:
        place[flaw.path[-1]] = flaw.value
    return dict(changed)


@pytest.fixture(scope="module")
def customer(boto: Boto) -> Person:
    """Somebody with good tokens."""
    return boto.customer()


@pytest.mark.parametrize("name", OFFERED)
def test_every_constraint_of_the_model_is_enforced(amazon: Amazon, customer: Person, name: str) -> None:
    """Whatever is wrong, it is told at once, as the modelled error, and never as a failure of the service."""
    model: Any = service_model(OFFERED[name]).operation_model(name)
    invalid = next(code for code in INVALID if code in {shape.name for shape in model.error_shapes})
    whole = {
        "ClientToken": "token",
        "ContactId": customer.contact_id,
        "InstanceId": INSTANCE_ID,
        **MINIMAL[name],
        **MORE.get(name, {}),
    }
    known = {key: value for key, value in whole.items() if key in model.input_shape.members}
    bearer = customer.participant_token if name == "CreateParticipantConnection" else customer.token
    allowed, flaws = [], _of_operation(OFFERED[name], name)
    assert flaws or all(member.serialization.get("location") for member in model.input_shape.members.values())
    for flaw in flaws:
        body = _with(known, flaw)
        path = model.http["requestUri"].format(**{key: quote(str(value)) for key, value in known.items()})
        reply = amazon.ask(model.http["method"], path, body, X_Amz_Bearer=bearer)
        if (reply.status, reply.headers.get("x-amzn-errortype")) != (400, invalid):
            allowed.append((flaw.path, str(flaw.value)[:20], reply.status, reply.headers.get("x-amzn-errortype")))
    assert allowed == []
