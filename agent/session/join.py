"""Getting onto the chat: CreateParticipant, the token stored, CreateParticipantConnection within 15 seconds.

A stored participant is never created again, it reconnects: Amazon Connect allows one custom participant per contact,
and its token works for its lifetime [documented]. Only a participant that never connected, because its 15 s passed
first, is given up and joined anew under the next join number. It knows no socket and no bot.
"""

from msgspec.structs import replace

from agent.errors import (
    AccessDenied,
    BotPresent,
    ChatEnded,
    Conflict,
    ConnectError,
    ContactEnded,
    ContactGone,
    HumanPresent,
    InvalidRequest,
    JoinForbidden,
    JoinRefused,
    JoinWindowMissed,
    NotAChat,
    ResourceNotFound,
    ServiceQuotaExceeded,
    UnexpectedAnswer,
    UnknownContact,
)
from agent.ids import ClientToken, ContactKey, client_token
from agent.ports import Access, ContactDescription, CreatedParticipant, Operation
from agent.record import ContactRecord, Participant, Phase
from agent.session.retrying import retrying
from agent.session.saving import save
from agent.session.surroundings import Ports
from agent.session.ways import Way

_JOINS = 3


def join_token(record: ContactRecord) -> ClientToken:
    """The ClientToken of this join: the same for every retry by any replica, a new one for a later join."""
    return client_token("join", record.key, record.join)


async def enter(record: ContactRecord, ports: Ports) -> tuple[ContactRecord, Participant, Access]:
    """The contact's record as joined and stored, the participant in it, and the first connection.

    Cancelled half-way it leaves a stored participant, which the next `enter` uses.

    Raises:
        JoinRefused: the contact cannot be joined.
        ChatEnded: a stored participant is no longer welcome, so the chat went on or ended without us.
        ConnectError: Amazon Connect failed in a way that does not pass.
        Fenced: another worker owns the contact.
    """
    for _ in range(_JOINS):
        participant = record.participant
        if participant is None:
            record, participant = await _create(record, ports)
        try:
            return record, participant, await connect(record.key, participant, ports, urgent=True)
        except ResourceNotFound as error:
            if record.greeted:
                raise ChatEnded from error
            record = replace(record, participant=None, join=record.join + 1)
        except AccessDenied as error:
            raise ChatEnded from error
    raise JoinWindowMissed(record.key.contact_id)


async def connect(key: ContactKey, participant: Participant, ports: Ports, *, urgent: bool) -> Access:
    """The newest connection token, and a websocket URL with it where that is the instance's way.

    While it is not known whether the instance gives websockets, one that is refused, or missing in the answer, is asked
    for no more when the rest is granted.

    Raises ConnectError for good, see `retrying`.
    """
    instance, token = key.instance_id, participant.token

    async def asked(way: Way) -> Access:
        call = ports.participant.create_participant_connection
        return await retrying(
            lambda: call(token) if way is Way.WEBSOCKET else ports.participant.create_participant_access(token),
            ports=ports,
            operation=Operation.CREATE_PARTICIPANT_CONNECTION,
            instance=instance,
            urgent=urgent,
        )

    try:
        return await asked(ports.ways.of(instance))
    except (InvalidRequest, AccessDenied, UnexpectedAnswer) as refusal:
        if not ports.ways.undecided(instance):
            raise
        access = await asked(Way.STREAMING)
        ports.ways.no_websocket(instance, refusal.code or type(refusal).__name__)
        return access


async def _create(record: ContactRecord, ports: Ports) -> tuple[ContactRecord, Participant]:
    try:
        created = await retrying(
            lambda: _call(record, ports),
            ports=ports,
            operation=Operation.CREATE_PARTICIPANT,
            instance=record.key.instance_id,
            urgent=True,
        )
    except ConnectError as error:
        raise await _refusal(record, ports, error) from error
    participant = Participant(participant_id=created.participant_id, token=created.token)
    joined = replace(record, participant=participant, phase=Phase.JOINED)
    await save(joined, ports)
    return joined, participant


async def _call(record: ContactRecord, ports: Ports) -> CreatedParticipant:
    return await ports.connect.create_participant(
        record.key, display_name=record.display_name, client_token=join_token(record)
    )


async def _refusal(record: ContactRecord, ports: Ports, error: ConnectError) -> ConnectError | JoinRefused:
    """What `error` of CreateParticipant means for this contact; which code means what is not documented [inferred]."""
    contact = record.key.contact_id
    match error:
        case ResourceNotFound():
            return UnknownContact(contact)
        case AccessDenied():
            return JoinForbidden(contact)
        case ContactGone():
            return ContactEnded(contact)
        case InvalidRequest() | Conflict() | ServiceQuotaExceeded():
            return _diagnosis(contact, error, await described(record.key, ports))
        case _:
            return error


async def described(key: ContactKey, ports: Ports) -> ContactDescription | None:
    """What Amazon Connect says of the contact; None when it does not, or may not be asked."""
    try:
        await ports.pacer.admit(Operation.DESCRIBE_CONTACT, key.instance_id)
        return await ports.connect.describe_contact(key)
    except ConnectError:
        return None


def _diagnosis(contact: str, error: ConnectError, description: ContactDescription | None) -> JoinRefused:
    if description is None:
        return JoinRefused(contact, f"Amazon Connect answered {error.code or error.status}")
    if description.channel != "CHAT":
        return NotAChat(contact)
    if description.ended:
        return ContactEnded(contact)
    if description.agent_connected:
        return HumanPresent(contact)
    if isinstance(error, InvalidRequest):
        return JoinRefused(contact, f"Amazon Connect answered {error.code or error.status}")
    return BotPresent(contact)
