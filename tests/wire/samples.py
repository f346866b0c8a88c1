"""Items and frames in the shapes that were captured from the live service; the ids are made up."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

CONTACT = "0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11"
CUSTOMER = "5f1e2d3c-0001-4aaa-8bbb-0123456789ab"
EVENT = "application/vnd.amazonaws.connect.event."
INTERACTIVE_RESPONSE = "application/vnd.amazonaws.connect.message.interactive.response"

MESSAGE: dict[str, Any] = {
    "AbsoluteTime": "2026-11-05T10:15:20.241Z",
    "Content": "Where is my parcel?",
    "ContentType": "text/plain",
    "Id": "019d671e-5a31-7c02-9b1e-4d1f0a6c2b11",
    "Type": "MESSAGE",
    "ParticipantId": CUSTOMER,
    "DisplayName": "Ana",
    "ParticipantRole": "CUSTOMER",
    "InitialContactId": CONTACT,
    "ContactId": CONTACT,
}
ATTACHMENT: dict[str, Any] = {
    "AbsoluteTime": "2026-11-05T10:16:33.454Z",
    "Attachments": [
        {"ContentType": "image/png", "AttachmentId": "0f5c", "AttachmentName": "label.png", "Status": "APPROVED"}
    ],
    "Id": "019d671e-0000-7c05",
    "Type": "ATTACHMENT",
    "ParticipantId": CUSTOMER,
    "DisplayName": "Ana",
    "ParticipantRole": "CUSTOMER",
    "InitialContactId": CONTACT,
    "ContactId": CONTACT,
}
RECEIPT: dict[str, Any] = {
    "AbsoluteTime": "2026-11-05T10:16:40.821Z",
    "ContentType": EVENT + "message.metadata",
    "Id": "019d671e-0000-7c06",
    "Type": "MESSAGEMETADATA",
    "MessageMetadata": {
        "MessageId": "019d671e-5a31",
        "Receipts": [
            {
                "DeliveredTimestamp": "2026-11-05T10:16:40.700Z",
                "ReadTimestamp": "2026-11-05T10:16:40.735Z",
                "RecipientParticipantId": "a3c0d8c1",
            }
        ],
    },
}
JOINED: dict[str, Any] = {
    "AbsoluteTime": "2026-11-05T10:15:05.020Z",
    "ContentType": EVENT + "participant.joined",
    "Id": "019d671e-0000-7c01",
    "Type": "EVENT",
    "ParticipantId": "a3c0d8c1",
    "DisplayName": "Helper",
    "ParticipantRole": "CUSTOM_BOT",
    "InitialContactId": CONTACT,
    "ContactId": CONTACT,
}
ENDED: dict[str, Any] = {
    "AbsoluteTime": "2026-11-05T10:30:00.178Z",
    "ContentType": EVENT + "chat.ended",
    "Id": "019d671e-0000-7c09",
    "Type": "EVENT",
    "InitialContactId": CONTACT,
    "ContactId": CONTACT,
}

ACCEPTED = '{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}'
REJECTED = '{"topic":"aws/subscribe","content":{"status":"failure","topics":["aws/chat"]}}'
HEARTBEAT = '{"topic":"aws/heartbeat"}'
PING_OK = '{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}'
PING_BAD = '{"topic":"aws/ping","statusCode":500,"statusContent":"ERROR"}'
FORBIDDEN = '{"message":"Forbidden","connectionId":"abc=","requestId":"def="}'


def chat_frame(item: object) -> str:
    """The frame that carries `item`: JSON within JSON."""
    return json.dumps({"content": json.dumps(item), "contentType": "application/json", "topic": "aws/chat"})


def item(number: int, **fields: Any) -> Mapping[str, Any]:
    """A message sent in second `number`."""
    return MESSAGE | {"Id": f"id{number:02}", "AbsoluteTime": f"2026-11-05T10:15:{number:02}.000Z"} | fields


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_FIELDS = [*MESSAGE, "Attachments", "MessageMetadata", "RelatedContactId"]
_TYPES = ["MESSAGE", "EVENT", "ATTACHMENT", "MESSAGEMETADATA", "TYPING", "CHAT_ENDED", "CONNECTION_ACK", "NEW"]
_KINDS = st.sampled_from(_TYPES) | any_json
any_item = st.builds(
    lambda fields, kind: fields | kind,
    st.dictionaries(st.sampled_from(_FIELDS), any_json | st.sampled_from([ATTACHMENT["Attachments"]]), max_size=10),
    st.fixed_dictionaries({}, optional={"Type": _KINDS, "ContentType": st.sampled_from([EVENT + "typing"]) | any_json}),
)
_topics = st.sampled_from(["aws/chat", "aws/subscribe", "aws/heartbeat", "aws/ping", "aws/new"]) | any_json
_contents = any_json | any_item | any_item.map(json.dumps) | st.text()
any_frame = st.one_of(
    st.text(st.characters(codec=None)),
    st.binary(),
    any_json.map(json.dumps),
    st.fixed_dictionaries(
        {}, optional={"topic": _topics, "content": _contents, "statusCode": any_json, "message": any_json}
    ).map(json.dumps),
    st.sampled_from([ACCEPTED, REJECTED, HEARTBEAT, PING_OK, PING_BAD, FORBIDDEN, chat_frame(MESSAGE), "", " "]),
)
