"""The call surface: every operation of both services by name, without any server.

`Operations.call` validates by AWS's model, takes from the quotas, knows repeated calls by their ClientToken
and answers a plain dict, or raises a modelled `ServiceError`. It must not know HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.emulator import connect_operations, instance_operations, participant_operations
from agent.emulator.errors import InvalidInput, ServiceError
from agent.emulator.model import Operation, Routes, operation
from agent.emulator.participants import Participant
from agent.emulator.region import Region

Answer = dict[str, Any]
CONNECT: dict[str, Callable[[Region, Answer], Answer]] = connect_operations.OPERATIONS | instance_operations.OPERATIONS
PARTICIPANT: dict[str, Callable[[Participant, Answer], Answer]] = participant_operations.OPERATIONS
OFFERED = dict.fromkeys(CONNECT, "connect") | dict.fromkeys(PARTICIPANT, "connectparticipant")


class Operations:
    """All operations on one region."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.routes = Routes(OFFERED)
        self._operations = {name: operation(service, name) for name, service in OFFERED.items()}

    def call(self, name: str, params: Answer, *, bearer: str | None = None) -> Answer:
        """Do operation `name`. `bearer` is the X-Amz-Bearer token of a participant operation.

        Raises ServiceError, always with a code the operation models or a generic one of AWS's.
        """
        known = self._operations.get(name)
        if known is None:
            raise ServiceError("UnknownOperationException", "There is no such operation here.")
        try:
            connect = known.bearer is None
            answer = self._connect(known, params) if connect else self._participant(known, params, bearer)
        except InvalidInput as error:
            raise ServiceError(known.invalid, str(error)) from error
        if self.region.settings.validate_answers:
            known.check_answer(answer, "")
        return answer

    def contact_of(self, name: str, params: Answer, bearer: str | None) -> str | None:
        """Which contact a call is about, for the timeline and the weather; None when it cannot be told."""
        if bearer is not None and name in PARTICIPANT:
            participant = self.region.credentials.owner(bearer)
            return participant.chat.contact_id if participant else None
        contact = params.get("ContactId", params.get("InitialContactId"))
        return contact if isinstance(contact, str) else None

    def caller_of(self, bearer: str | None) -> str | None:
        """The id of the participant whose token of either kind this is, for the weather; None when nobody's."""
        participant = None if bearer is None else self.region.credentials.owner(bearer)
        return participant.id if participant else None

    def _connect(self, known: Operation, params: Answer) -> Answer:
        known.validate(params)
        params = present(params)
        region = self.region
        if region.quotas.enforced:
            region.quotas.take(known.name, region.settings.account_id)
        params = {**params, "InstanceId": connect_operations.instance_id(params["InstanceId"])}
        token = params.get("ClientToken")
        if not token:
            return CONNECT[known.name](region, params)
        scope = f"{params['InstanceId']}/{params.get('ContactId', '')}"  # a token is one call on one contact
        key = (known.name, scope, str(token))
        if self._remembers(key):
            return connect_operations.repeated(region, known.name, params, region.answers[key][1])
        answer = CONNECT[known.name](region, params)
        region.remember(key, answer)
        return answer

    def _participant(self, known: Operation, params: Answer, bearer: str | None) -> Answer:
        credentials = self.region.credentials
        goodbye = (known.name, str(bearer), str(params.get("ClientToken")))
        if self._remembers(goodbye):  # its tokens died with the first call, yet the repeated one is the same call
            return {}
        if known.name == "CreateParticipantConnection":
            participant = credentials.of_participant_token(bearer)
        else:
            participant = credentials.of_connection_token(bearer)
        known.validate(params)
        params = present(params)
        if self.region.quotas.enforced:
            self.region.quotas.take(known.name, participant.chat.instance_id)
        token = params.get("ClientToken")
        if not token:
            return PARTICIPANT[known.name](participant, params)
        key = (known.name, str(token))
        remembered = participant.answers.get(key)
        if remembered is not None and remembered[0] > self.region.clock.time():
            return dict(remembered[1])
        answer = PARTICIPANT[known.name](participant, params)
        if not participant.gone:
            window = self.region.settings.client_token_window
            participant.answers[key] = (self.region.clock.time() + window, answer)
        elif known.name == "DisconnectParticipant":
            self.region.remember(goodbye, answer)
        return answer

    def _remembers(self, key: tuple[str, str, str]) -> bool:
        remembered = self.region.answers.get(key)
        return remembered is not None and remembered[0] > self.region.clock.time()


def present(params: Answer) -> Answer:
    """`params` without what is null: for AWS, such a member is absent."""
    return {key: _present(value) for key, value in params.items() if value is not None}


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return present(value)
    return [_present(element) for element in value] if isinstance(value, list) else value
