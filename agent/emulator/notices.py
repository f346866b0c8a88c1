"""What Amazon Connect tells the outside world: contact events, the flow's Lambda event, SNS notifications.

Pure: from a happening to JSON objects, in the forms that AWS documents or that were captured; what had to be
composed is said so. It must not know where they are sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from agent.emulator.ids import iso

if TYPE_CHECKING:
    from agent.emulator.contacts import Chat
    from agent.emulator.happenings import BotWanted, ContactChanged, ItemPublished
    from agent.emulator.segments import Segment
    from agent.emulator.streaming import Stream

Notice = dict[str, Any]
NAMES = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def _arn(chat: Chat, *path: str) -> str:
    settings = chat.region.settings
    instance = f"arn:aws:connect:{settings.region_name}:{settings.account_id}:instance/{chat.instance_id}"
    return "/".join((instance, *path))


def contact_event(happening: ContactChanged) -> Notice:
    """A contact event as EventBridge delivers it; CHAT events are composed from the documented fields."""
    chat, segment, region = happening.chat, happening.segment, happening.chat.region
    moment = segment.disconnected or segment.updated or segment.initiated
    contact_arn = _arn(chat, "contact", segment.contact_id)
    return {
        "version": "0",
        "id": str(uuid5(NAMES, f"{segment.contact_id}:{happening.change}:{moment}")),
        "detail-type": "Amazon Connect Contact Event",
        "source": "aws.connect",
        "account": region.settings.account_id,
        "time": iso(moment)[:19] + "Z",
        "region": region.settings.region_name,
        "resources": [contact_arn, _arn(chat)],
        "detail": {"eventType": happening.change, **_detail(chat, segment)},
    }


def _detail(chat: Chat, segment: Segment) -> Notice:
    detail: Notice = {"contactId": segment.contact_id}
    if segment.previous is not None:
        detail |= {"initialContactId": chat.initial_contact_id, "previousContactId": segment.previous}
    detail |= {
        "channel": "CHAT",
        "instanceArn": _arn(chat),
        "initiationMethod": segment.method,
        "initiationTimestamp": iso(segment.initiated),
    }
    if segment.connected is not None:
        detail["connectedToSystemTimestamp"] = iso(segment.connected)
    if segment.enqueued is not None:
        queue = _arn(chat, "queue", str(segment.queue))
        detail["queueInfo"] = {
            "queueArn": queue,
            "queueType": "STANDARD",
            "enqueueTimestamp": iso(segment.enqueued),
        }
    if segment.agent_connected is not None:
        agent = _arn(chat, "agent", str(segment.agent))
        detail["agentInfo"] = {"agentArn": agent, "connectedToAgentTimestamp": iso(segment.agent_connected)}
    if segment.disconnected is not None:
        detail["disconnectTimestamp"] = iso(segment.disconnected)
    detail["segmentAttributes"] = {"connect:Subtype": {"valueString": "connect:Chat"}}
    detail["tags"] = {"aws:connect:instanceId": chat.instance_id}
    return detail


def flow_event(happening: BotWanted) -> Notice:
    """The event of a flow's Lambda block for a chat, as captured [live]."""
    chat, segment = happening.chat, happening.chat.segment
    subtype = {"ValueArn": None, "ValueInteger": None, "ValueList": None, "ValueMap": None}
    queue = segment.queue
    contact: Notice = {
        "Attributes": dict(chat.attributes),
        "AwsRegion": chat.region.settings.region_name,
        "Channel": "CHAT",
        "ContactId": segment.contact_id,
        "CustomerEndpoint": None,
        "CustomerId": chat.customer_id,
        "Description": None,
        "InitialContactId": chat.initial_contact_id,
        "InitiationMethod": segment.method,
        "InstanceARN": _arn(chat),
        "LanguageCode": "en-US",
        "MediaStreams": {"Customer": {"Audio": {}}},
        "Name": None,
        "PreviousContactId": segment.previous or segment.contact_id,
        "Queue": None if queue is None else {"ARN": _arn(chat, "queue", queue), "Name": queue, "OutboundCallerId": {}},
        "References": {},
        "RelatedContactId": chat.related_contact_id,
        "SegmentAttributes": {"connect:Subtype": {**subtype, "ValueString": "connect:Chat"}},
        "SystemEndpoint": None,
        "Tags": {"aws:connect:instanceId": chat.instance_id},
    }
    details = {"ContactData": contact, "Parameters": dict(happening.parameters)}
    return {"Details": details, "Name": "ContactFlowEvent"}


def sns_notification(happening: ItemPublished, stream: Stream) -> Notice:
    """An item as message streaming publishes it to a topic: the same JSON as on the websocket [documented]."""
    item, chat = happening.item, happening.chat
    attributes = {
        "InitialContactId": chat.initial_contact_id,
        "ContactId": chat.contact_id,
        "ParticipantRole": item.get("ParticipantRole", "SYSTEM"),
        "InstanceId": chat.instance_id,
        "AccountId": chat.region.settings.account_id,
        "Type": item["Type"],
        "ContentType": item.get("ContentType", "application/octet-stream"),
        "MessageVisibility": "ALL",
    }
    region = chat.region.settings.region_name
    host = f"https://sns.{region}.amazonaws.com"
    return {
        "Type": "Notification",
        "MessageId": str(uuid5(NAMES, f"{stream.id}:{item['Id']}:{item['AbsoluteTime']}")),
        "TopicArn": stream.endpoint_arn,
        "Message": happening.text,
        "Timestamp": item["AbsoluteTime"],
        "SignatureVersion": "1",
        "Signature": "EMULATED",
        "SigningCertURL": f"{host}/SimpleNotificationService-emulated.pem",
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={stream.endpoint_arn}:{stream.id}",
        "MessageAttributes": {key: {"Type": "String", "Value": value} for key, value in attributes.items()},
    }
