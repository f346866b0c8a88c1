"""Offers in all the forms that they come in, as JSON-able trees."""

import json
from typing import Any

INSTANCE = "11111111-2222-4333-8444-555555555555"
ARN = f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE}"
QUEUE = f"{ARN}/queue/q1"


def own(contact: str = "c", **more: Any) -> dict[str, Any]:
    return {"InstanceId": INSTANCE, "ContactId": contact, **more}


def flow_event(contact: str = "c", *, parameters: Any = None, **more: Any) -> dict[str, Any]:
    """What a contact flow gives its Lambda, as captured [live]."""
    data = {
        "Attributes": {"lang": "en"},
        "AwsRegion": "us-east-1",
        "Channel": "CHAT",
        "ContactId": contact,
        "CustomerEndpoint": None,
        "InitialContactId": contact,
        "InitiationMethod": "API",
        "InstanceARN": ARN,
        "Queue": None,
        "Tags": {"aws:connect:instanceId": INSTANCE},
        **more,
    }
    return {"Details": {"ContactData": data, "Parameters": parameters or {}}, "Name": "ContactFlowEvent"}


def contact_event(kind: str = "INITIATED", contact: str = "c", **more: Any) -> dict[str, Any]:
    """A contact event of EventBridge."""
    detail = {
        "eventType": kind,
        "contactId": contact,
        "channel": "CHAT",
        "instanceArn": ARN,
        "initiationMethod": "API",
        "initiationTimestamp": "2026-11-05T10:14:57.900Z",
        "disconnectTimestamp": "1970-01-01T00:00:00.001Z",
        **more,
    }
    return {"version": "0", "detail-type": "Amazon Connect Contact Event", "source": "aws.connect", "detail": detail}


def by_sns(tree: Any, kind: str = "Notification") -> dict[str, Any]:
    """As SNS delivers it, unless raw delivery is on."""
    message = tree if isinstance(tree, str) else json.dumps(tree)
    return {"Type": kind, "MessageId": "m", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": message}
