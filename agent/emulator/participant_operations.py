"""The participant service: what each operation of ``connectparticipant`` does, on validated parameters.

Each function takes the participant whose token it was and the parameters. It must not know how a token was
checked, nor HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.emulator import attachments, items, presence, receipts
from agent.emulator.errors import InvalidInput, ServiceError, denied
from agent.emulator.participants import Participant, Role
from agent.emulator.transcript import DEFAULT_PAGE, begin, read_token, write_token

Params = dict[str, Any]


def create_participant_connection(participant: Participant, params: Params) -> Params:
    """CreateParticipantConnection: what was asked for, and nothing else [inferred]."""
    presence.check_in_time(participant)
    kinds = params.get("Type") or []
    if "WEBRTC_CONNECTION" in kinds:
        raise InvalidInput("WEBRTC_CONNECTION is not for chat contacts")
    if not kinds and not params.get("ConnectParticipant"):
        raise InvalidInput("Type or ConnectParticipant is needed")
    answer = presence.connection_details(participant, kinds)
    presence.connected(participant, explicitly=bool(params.get("ConnectParticipant")))
    return answer


def send_message(participant: Participant, params: Params) -> Params:
    """SendMessage: kept, pushed to all, the sender included; the answer names the same Id."""
    content_type, content = params["ContentType"], params["Content"]
    _check_message(participant, content_type, content)
    participant.chat.role_timers.heard(participant)
    item = participant.chat.publish_message(participant, content_type, content)
    return {"Id": item["Id"], "AbsoluteTime": item["AbsoluteTime"]}


def _check_message(participant: Participant, content_type: str, content: str) -> None:
    chat, settings = participant.chat, participant.chat.region.settings
    interactive_bot = (
        content_type == items.INTERACTIVE and participant.role is Role.CUSTOM_BOT and settings.bot_may_send_interactive
    )
    if content_type not in items.SENDABLE_MESSAGES and not interactive_bot:
        raise InvalidInput("ContentType is not one that SendMessage takes")
    if content_type not in chat.content_types:
        raise ServiceError(settings.unsupported_content_error, "The contact does not support this content type.")
    strict = settings.strict_text_limit
    if strict is not None and content_type.startswith("text/") and len(content) > strict:
        raise InvalidInput(f"Content is longer than {strict} characters")
    if len(content) * 4 > settings.text_limit and len(content.encode()) > settings.text_limit:
        raise InvalidInput(f"Content is longer than {settings.text_limit} bytes")
    items.check_json(content_type, content)


def send_event(participant: Participant, params: Params) -> Params:
    """SendEvent: typing is relayed, receipts become metadata of their message [client code]."""
    content_type = params["ContentType"]
    if content_type not in items.SENDABLE_EVENTS:
        raise InvalidInput("ContentType is not an event that SendEvent takes")
    if content_type in (items.DELIVERED, items.READ):
        return receipts.receive(participant, content_type, params.get("Content"))
    if content_type == items.ACKNOWLEDGED:
        presence.connected(participant, explicitly=True)
        moment = participant.chat.moment()
        region = participant.chat.region
        return {"Id": region.mint.item_id(moment), "AbsoluteTime": region.iso(moment)}
    if participant.chat.region.settings.typing_resets_timers:
        participant.chat.role_timers.heard(participant)
    item = participant.chat.publish_event(content_type, participant)
    return {"Id": item["Id"], "AbsoluteTime": item["AbsoluteTime"]}


def disconnect_participant(participant: Participant, params: Params) -> Params:
    """DisconnectParticipant: the participant leaves; what follows depends on who it was."""
    del params
    match participant.role:
        case Role.CUSTOMER:
            presence.customer_left(participant.chat)
        case Role.CUSTOM_BOT:
            presence.bot_left(participant)
        case Role.AGENT | Role.SUPERVISOR:
            presence.agent_left(participant)
        case _:
            participant.chat.leave(participant)
    return {}


def get_transcript(participant: Participant, params: Params) -> Params:
    """GetTranscript: one page of kept items; past sessions only by paging backward [documented]."""
    chat, settings = participant.chat, participant.chat.region.settings
    transcript = [*chat.past, *chat.transcript.items] if chat.past else chat.transcript.items
    low, high = _visible(participant, params.get("ContactId"), transcript)
    past = len(chat.past)
    limit = params.get("MaxResults", DEFAULT_PAGE)
    if limit == 0:
        if not settings.zero_results_is_default:
            return {"InitialContactId": chat.initial_contact_id, "Transcript": []}
        limit = DEFAULT_PAGE
    if params.get("NextToken"):
        walk, issued = read_token(params["NextToken"], limit)
        lifetime = settings.next_token_lifetime
        if lifetime is not None and issued + lifetime < chat.region.clock.time():
            raise InvalidInput("NextToken has expired")
    else:
        start = {key: value for key, value in (params.get("StartPosition") or {}).items() if value is not None}
        included = settings.start_position_included
        walk = begin(chat.transcript.items, start, params.get("ScanDirection"), limit, included=included).later(past)
    positions, following = walk.page(max(low, past) if walk.direction == "FORWARD" else low, high)
    descending = (walk.direction == "BACKWARD") == (params.get("SortOrder") != "ASCENDING")
    page = [_shown(transcript[n]) for n in (positions if descending else reversed(positions))]
    answer: Params = {"InitialContactId": chat.initial_contact_id, "Transcript": page}
    if following is not None:
        answer["NextToken"] = write_token(following, walk.direction, chat.region.clock.time())
    return answer


def _visible(participant: Participant, contact_id: str | None, transcript: list[items.Item]) -> tuple[int, int]:
    chat, past = participant.chat, len(participant.chat.past)
    if contact_id is not None:
        if contact_id not in {segment.contact_id for segment in chat.segments}:
            raise InvalidInput("ContactId is not of this chat")
        numbers = [n for n, item in enumerate(transcript) if item.get("ContactId") == contact_id]
        return (numbers[0], numbers[-1] + 1) if numbers else (0, 0)
    if participant.role is not Role.CUSTOM_BOT:
        return 0, len(transcript)
    match chat.region.settings.bot_transcript:
        case "all":
            return 0, len(transcript)
        case "segment":
            first = next(
                (n for n, item in enumerate(transcript) if item.get("ContactId") == chat.contact_id), len(transcript)
            )
            return first, len(transcript)
        case "since-join":
            return past + participant.join_index, len(transcript)


def _shown(item: items.Item) -> items.Item:
    return {key: value for key, value in item.items() if key != "InitialContactId"}


def describe_view(participant: Participant, params: Params) -> Params:
    """DescribeView: no flow here shows views."""
    del participant, params
    raise ServiceError("ResourceNotFoundException", "There is no view with this token.")


def no_authentication(participant: Participant, params: Params) -> Params:
    """GetAuthenticationUrl and CancelParticipantAuthentication: no flow here authenticates customers."""
    del params
    if participant.role is not Role.CUSTOMER:
        raise denied()
    raise InvalidInput("There is no authentication session with this id")


OPERATIONS: dict[str, Callable[[Participant, Params], Params]] = {
    "CreateParticipantConnection": create_participant_connection,
    "SendMessage": send_message,
    "SendEvent": send_event,
    "DisconnectParticipant": disconnect_participant,
    "GetTranscript": get_transcript,
    "StartAttachmentUpload": attachments.start_upload,
    "CompleteAttachmentUpload": attachments.complete_upload,
    "GetAttachment": attachments.get_attachment,
    "DescribeView": describe_view,
    "GetAuthenticationUrl": no_authentication,
    "CancelParticipantAuthentication": no_authentication,
}
