"""A chat's transcript in the form Connect writes to S3 [live].

Pure; it must not know where the file goes.
"""

from __future__ import annotations

from agent.emulator.contacts import Chat

VERSION = "2019-08-26"
LEFT_OUT = frozenset({"InitialContactId", "ContactId", "RelatedContactId"})


def s3_form(chat: Chat, contact_id: str) -> dict[str, object]:
    """The file of one segment: who took part, and its items without contact ids."""
    kept = [item for item in chat.transcript.items if item.get("ContactId") == contact_id]
    people = list(dict.fromkeys(item["ParticipantId"] for item in kept if "ParticipantId" in item))
    return {
        "Version": VERSION,
        "AWSAccountId": chat.region.settings.account_id,
        "InstanceId": chat.instance_id,
        "InitialContactId": chat.initial_contact_id,
        "ContactId": contact_id,
        "Participants": [{"ParticipantId": person} for person in people],
        "Transcript": [{k: v for k, v in item.items() if k not in LEFT_OUT} for item in kept],
    }
