"""The control plane: what each operation of the ``connect`` service does, on validated parameters.

Each function takes the region and the parameters and returns the answer. It must not know tokens' keeping,
HTTP, or how a request was validated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agent.emulator import items, presence, streaming
from agent.emulator.contacts import Chat
from agent.emulator.errors import InvalidInput, ServiceError, not_found
from agent.emulator.flow import FlowRun
from agent.emulator.items import INTERACTIVE, INTERACTIVE_RESPONSE
from agent.emulator.participants import Role
from agent.emulator.region import Region
from agent.emulator.role_timers import RoleTimers
from agent.emulator.segments import Segment

Params = dict[str, Any]
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
INSTANCE_ARN = re.compile(r"arn:[\w-]+:connect:[\w-]*:\d{12}:instance/(?P<id>[0-9a-fA-F-]{36})")
FLOW_ARN = re.compile(r"arn:[\w-]+:connect:.*:instance/[0-9a-fA-F-]{36}/(contact-)?flow/(?P<id>[\w-]+)(:\S+)?")
ATTRIBUTE_KEY = re.compile(r"[A-Za-z0-9_-]+")
ATTRIBUTES_LIMIT = 32_768  # bytes of UTF-8 [documented]
CONTENT_TYPES = frozenset({"text/plain", "text/markdown", "application/json", INTERACTIVE, INTERACTIVE_RESPONSE})


def instance_id(text: str) -> str:
    """The instance id in an id or an instance ARN. Raises InvalidInput for anything else."""
    arn = INSTANCE_ARN.fullmatch(text)
    found = arn["id"] if arn else text
    if not UUID.fullmatch(found):
        raise InvalidInput("InstanceId is not a valid instance ID: it looks like a UUID, or like an instance ARN")
    return found.lower()


def start_chat_contact(region: Region, params: Params) -> Params:
    """StartChatContact: a new chat with its customer; the flow waits until the customer is connected."""
    _check_start(region, params)
    source = _source(region, params)
    now = region.clock.milliseconds()
    segment = Segment(
        contact_id=region.mint.uuid(), previous=None, method="API", initiated=now, flow_id=params["ContactFlowId"]
    )
    region.started += 1
    chat = Chat(
        region=region,
        number=region.started,
        instance_id=params["InstanceId"],
        segments=[segment],
        content_types=frozenset(params.get("SupportedMessagingContentTypes") or region.settings.default_content_types),
        attributes=dict(params.get("Attributes") or {}),
        expires=now / 1000 + 60 * params.get("ChatDurationInMinutes", 1500),
        agent_exits_with_customer="AGENT" in (params.get("DisconnectOnCustomerExit") or ()),
        related_contact_id=params.get("RelatedContactId"),
        customer_id=params.get("CustomerId"),
        segment_attributes=dict(params.get("SegmentAttributes") or {}),
    )
    chat.flow = FlowRun(chat, region.flow(params["ContactFlowId"]))
    chat.role_timers = RoleTimers(chat)
    chat.customer = chat.admit(Role.CUSTOMER, params["ParticipantDetails"]["DisplayName"])
    region.credentials.admit(chat.customer)
    region.contacts[segment.contact_id] = chat
    if source is not None:
        _rehydrate(chat, source, params["PersistentChat"])
    _set_deadlines(chat)
    chat.changed("INITIATED")
    first = params.get("InitialMessage")
    if first:
        chat.publish_message(chat.customer, first["ContentType"], first["Content"])
    return _started(chat, params)


def _check_start(region: Region, params: Params) -> None:
    flow_id = params["ContactFlowId"]
    known = flow_id in region.flows or UUID.fullmatch(flow_id) or FLOW_ARN.fullmatch(flow_id)
    if not known:
        raise InvalidInput("ContactFlowId is not a valid flow ID or flow ARN")
    types = params.get("SupportedMessagingContentTypes")
    if types is not None and ("text/plain" not in types or set(types) - CONTENT_TYPES):
        raise InvalidInput("SupportedMessagingContentTypes must hold text/plain and only types that chat knows")
    check_attributes(params.get("Attributes") or {})
    if params.get("ChatStreamingConfiguration"):
        streaming.check_topic(params["ChatStreamingConfiguration"]["StreamingEndpointArn"])
    first = params.get("InitialMessage")
    if first and first["ContentType"] not in (types or region.settings.default_content_types):
        raise InvalidInput("InitialMessage has a content type which the contact does not support")
    if first and len(first["Content"].encode()) > region.settings.text_limit:
        raise InvalidInput("InitialMessage is too long")
    if first:
        items.check_json(first["ContentType"], first["Content"])
    if params.get("RelatedContactId") and params.get("PersistentChat"):
        raise InvalidInput("RelatedContactId and PersistentChat cannot both be given")
    limit = region.settings.concurrent_chats
    if limit is not None and region.active(params["InstanceId"]) >= limit:
        raise ServiceError("LimitExceededException", "The limit of concurrent active chats is reached.")


def check_attributes(attributes: dict[str, str]) -> None:
    """Keys are alphanumeric, - and _; all stay below 32,768 bytes [documented]. Raises InvalidInput."""
    if not all(map(ATTRIBUTE_KEY.fullmatch, attributes)):
        raise InvalidInput("Attribute keys may hold letters, digits, - and _ only")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items())
    if size > ATTRIBUTES_LIMIT:
        raise InvalidInput("Attributes are larger than 32,768 bytes")


def _source(region: Region, params: Params) -> Chat | None:
    wanted = params.get("PersistentChat")
    if not wanted:
        return None
    if not wanted.get("RehydrationType") or not wanted.get("SourceContactId"):
        raise InvalidInput("PersistentChat needs RehydrationType and SourceContactId")
    return _past_chat(region, params["InstanceId"], wanted["SourceContactId"], wanted["RehydrationType"])


def _past_chat(region: Region, instance: str, source_id: str, kind: str) -> Chat:
    source = region.chat(source_id, instance)
    if not source.ended:
        raise InvalidInput("The source contact has not ended")
    if kind == "ENTIRE_PAST_SESSION" and source_id != source.initial_contact_id:
        raise InvalidInput("ENTIRE_PAST_SESSION takes the first contact of the past session")
    return source


def _rehydrate(chat: Chat, source: Chat, wanted: Params) -> None:
    """From the past session's last contact, or from the one that is named and what came before it [documented]."""
    entire = wanted["RehydrationType"] == "ENTIRE_PAST_SESSION"
    chat.continued_from = source.contact_id if entire else wanted["SourceContactId"]
    contacts = [segment.contact_id for segment in source.segments]
    rehydrated = contacts[: contacts.index(chat.continued_from) + 1]
    kept = [dict(item) for item in source.transcript.items if item["ContactId"] in rehydrated]
    for item in kept:
        item["RelatedContactId"] = item.pop("ContactId")
    chat.past = [*source.past, *kept]


def _set_deadlines(chat: Chat) -> None:
    region = chat.region
    unconnected = region.clock.time() + region.settings.customer_connect_within
    chat.timers.append(region.timers.at(unconnected, lambda: _never_connected(chat)))
    chat.timers.append(region.timers.at(chat.expires, lambda: chat.end("EXPIRED")))


def _never_connected(chat: Chat) -> None:
    if not chat.customer.here:
        chat.end("CUSTOMER_CONNECTION_NOT_ESTABLISHED")


def _started(chat: Chat, params: Params) -> Params:
    answer: Params = {
        "ContactId": chat.contact_id,
        "ParticipantId": chat.customer.id,
        "ParticipantToken": chat.customer.token,
    }
    if chat.continued_from is not None:
        answer["ContinuedFromContactId"] = chat.continued_from
    kinds = params.get("ConnectionTypes")
    if kinds:
        answer |= presence.connection_details(chat.customer, kinds)
    stream = params.get("ChatStreamingConfiguration")
    if stream:
        answer["StreamingId"] = streaming.start(chat, stream["StreamingEndpointArn"])
    return answer


def create_participant(region: Region, params: Params) -> Params:
    """CreateParticipant: for chat, only a CUSTOM_BOT [documented]."""
    chat = region.chat(params["ContactId"], params["InstanceId"])
    details = params["ParticipantDetails"]
    if details.get("ParticipantRole") != "CUSTOM_BOT":
        raise InvalidInput("ParticipantRole must be CUSTOM_BOT for chat contacts")
    if _over(region, params):
        raise ServiceError(region.settings.ended_error, "The contact has ended.")
    bot = presence.create_bot(chat, details.get("DisplayName") or "CUSTOM_BOT")
    credentials = {"ParticipantToken": bot.token, "Expiry": region.iso(int(bot.token_expires * 1000))}
    return {"ParticipantId": bot.id, "ParticipantCredentials": credentials}


def stop_contact(region: Region, params: Params) -> Params:
    """StopContact: ends the chat in any state; an ended one is gone (410) [documented]."""
    chat = region.chat(params["ContactId"], params["InstanceId"])
    if _over(region, params):
        raise ServiceError("ContactNotFoundException", "The contact has already ended.")
    chat.end("API")
    return {}


def describe_contact(region: Region, params: Params) -> Params:
    """DescribeContact: the record of one segment; moments are epoch seconds on the wire [inferred]."""
    chat = region.chat(params["ContactId"], params["InstanceId"])
    segment = region.segment(params["ContactId"])
    contact: Params = {
        "Arn": f"{instance_arn(region, chat.instance_id)}/contact/{segment.contact_id}",
        "Id": segment.contact_id,
        "InitiationMethod": segment.method,
        "Channel": "CHAT",
        "InitiationTimestamp": segment.initiated / 1000,
        "LastUpdateTimestamp": max(segment.updated, segment.initiated) / 1000,
        "Attributes": dict(chat.attributes),
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Chat"}, **chat.segment_attributes},
    }
    if segment.previous is not None:
        contact |= {"InitialContactId": chat.initial_contact_id, "PreviousContactId": segment.previous}
    optional: Params = {
        "ConnectedToSystemTimestamp": _seconds(segment.connected),
        "DisconnectTimestamp": _seconds(segment.disconnected),
        "DisconnectReason": segment.reason,
        "RelatedContactId": chat.related_contact_id or chat.continued_from,
        "CustomerId": chat.customer_id,
    }
    if segment.queue is not None:
        contact["QueueInfo"] = {"Id": segment.queue, "EnqueueTimestamp": _seconds(segment.enqueued)}
    if segment.agent is not None:
        contact["AgentInfo"] = {
            "Id": segment.agent,
            "ConnectedToAgentTimestamp": _seconds(segment.agent_connected),
        }
    return {"Contact": contact | {key: value for key, value in optional.items() if value is not None}}


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def instance_arn(region: Region, instance: str) -> str:
    """The ARN of an instance of this region."""
    settings = region.settings
    return f"arn:aws:connect:{settings.region_name}:{settings.account_id}:instance/{instance}"


def get_contact_attributes(region: Region, params: Params) -> Params:
    """GetContactAttributes, by InitialContactId [documented]."""
    return {"Attributes": dict(_initial(region, params).attributes)}


def update_contact_attributes(region: Region, params: Params) -> Params:
    """UpdateContactAttributes: merges into the attributes of all segments [documented]."""
    chat = _initial(region, params)
    merged = {**chat.attributes, **params["Attributes"]}
    check_attributes(merged)
    chat.attributes = merged
    chat.changed("CONTACT_DATA_UPDATED")
    return {}


def _initial(region: Region, params: Params) -> Chat:
    chat = region.chat(params["InitialContactId"], params["InstanceId"])
    if chat.initial_contact_id != params["InitialContactId"]:
        raise not_found("This contact is not the initial contact of its chat.")
    return chat


def start_contact_streaming(region: Region, params: Params) -> Params:
    """StartContactStreaming: at most two streams on a contact [documented]."""
    chat = _active(region, params)
    return {"StreamingId": streaming.start(chat, params["ChatStreamingConfiguration"]["StreamingEndpointArn"])}


def stop_contact_streaming(region: Region, params: Params) -> Params:
    """StopContactStreaming."""
    chat = region.chat(params["ContactId"], params["InstanceId"])
    if chat.streams.pop(params["StreamingId"], None) is None:
        raise not_found("There is no such stream on the contact.")
    return {}


def update_participant_role_config(region: Region, params: Params) -> Params:
    """UpdateParticipantRoleConfig: chat timers, counted from the next bot or agent [documented]."""
    chat = _active(region, params)
    chat.role_timers.configure(params["ChannelConfiguration"]["Chat"]["ParticipantTimerConfigList"])
    return {}


def create_persistent_contact_association(region: Region, params: Params) -> Params:
    """CreatePersistentContactAssociation: a chat takes up an earlier one's transcript [documented]."""
    chat = _initial(region, params)
    if chat.ended or chat.continued_from is not None:
        raise InvalidInput("The contact has ended, or already continues another one")
    source = _past_chat(region, params["InstanceId"], params["SourceContactId"], params["RehydrationType"])
    _rehydrate(chat, source, params)
    return {"ContinuedFromContactId": chat.continued_from}


def _active(region: Region, params: Params) -> Chat:
    chat = region.chat(params["ContactId"], params["InstanceId"])
    if _over(region, params):
        raise not_found("The contact has ended.")
    return chat


def _over(region: Region, params: Params) -> bool:
    """Whether this very contact has ended; its chat may go on in a later one, after a transfer [documented]."""
    return not region.segment(params["ContactId"]).open


def repeated(region: Region, operation: str, params: Params, answer: Params) -> Params:
    """The answer to a call that was made before; the connection in it is one that can be used, or left out."""
    kinds = params.get("ConnectionTypes")
    if operation != "StartChatContact" or not kinds:
        return dict(answer)
    kept = {key: value for key, value in answer.items() if key not in ("Websocket", "ConnectionCredentials")}
    customer = region.chat(str(answer["ContactId"])).customer
    return kept if customer.gone else kept | presence.connection_details(customer, kinds)


OPERATIONS: dict[str, Callable[[Region, Params], Params]] = {
    "StartChatContact": start_chat_contact,
    "CreateParticipant": create_participant,
    "StopContact": stop_contact,
    "DescribeContact": describe_contact,
    "GetContactAttributes": get_contact_attributes,
    "UpdateContactAttributes": update_contact_attributes,
    "StartContactStreaming": start_contact_streaming,
    "StopContactStreaming": stop_contact_streaming,
    "UpdateParticipantRoleConfig": update_participant_role_config,
    "CreatePersistentContactAssociation": create_persistent_contact_association,
}
