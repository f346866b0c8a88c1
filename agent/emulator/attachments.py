"""Files on a chat: an upload URL, the bytes put there, the item that announces them, a download URL.

A CUSTOM_BOT may not download [documented]. Bytes are kept in memory until the chat is forgotten. This module
must not know HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent.emulator import items
from agent.emulator.contacts import Chat
from agent.emulator.errors import InvalidInput, ServiceError, denied
from agent.emulator.participants import Participant, Role

Params = dict[str, Any]
EXTENSIONS = frozenset("csv doc docx heic jfif jpeg jpg mov mp4 pdf png ppt pptx rtf txt wav xls xlsx".split())  # noqa: SIM905 - a list to read; [documented]
SCAN_SECONDS = 1.0


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Attachment:
    """One file. `key` is the secret of its upload URL."""

    id: str
    name: str
    content_type: str
    size: int
    chat: Chat
    owner: Participant
    key: str
    put_until: float
    content: bytes | None = None
    announced: bool = False
    status: str = "IN_PROGRESS"


def start_upload(participant: Participant, params: Params) -> Params:
    """StartAttachmentUpload: where to put the file, and with which headers."""
    chat, region = participant.chat, participant.chat.region
    _check_file(chat, params)
    attachment = Attachment(
        id=region.mint.uuid(),
        name=params["AttachmentName"],
        content_type=params["ContentType"],
        size=params["AttachmentSizeInBytes"],
        chat=chat,
        owner=participant,
        key=region.mint.token(24),
        put_until=region.clock.time() + region.settings.attachment_url_lifetime,
    )
    chat.attachments[attachment.id] = attachment
    region.uploads[attachment.key] = attachment
    upload = {
        "Url": f"{region.address}/_attachments/upload/{attachment.key}",
        "UrlExpiry": region.iso(int(attachment.put_until * 1000)),
        "HeadersToInclude": _headers(attachment),
    }
    return {"AttachmentId": attachment.id, "UploadMetadata": upload}


def _check_file(chat: Chat, params: Params) -> None:
    settings = chat.region.settings
    if params["AttachmentName"].rpartition(".")[2].lower() not in EXTENSIONS:
        raise InvalidInput("The type of this attachment is not supported")
    if params["AttachmentSizeInBytes"] > settings.attachment_limit:
        raise InvalidInput("The attachment is too large")
    if len(chat.attachments) >= settings.attachments_per_chat:
        raise ServiceError("ServiceQuotaExceededException", "The contact has as many attachments as it may.")


def _headers(attachment: Attachment) -> dict[str, str]:
    chat = attachment.chat
    return {
        "Content-Type": attachment.content_type,
        "Content-Length": str(attachment.size),
        "Content-Disposition": f'attachment; filename="{_quoted(attachment.name)}"',
        "x-amz-acl": "bucket-owner-full-control",
        "x-amz-meta-contact_id": chat.contact_id,
        "x-amz-meta-initial_contact_id": chat.initial_contact_id,
        "x-amz-meta-account_id": chat.region.settings.account_id,
        "x-amz-meta-organization_id": chat.instance_id,
    }


def _quoted(name: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)[:200]


def put(attachment: Attachment, content: bytes) -> None:
    """The bytes arrive at the upload URL. Raises AccessDenied when late, InvalidInput for a wrong size."""
    if attachment.chat.ended or attachment.chat.region.clock.time() > attachment.put_until:
        raise denied("Request has expired")
    if len(content) != attachment.size:
        raise InvalidInput("The size is not the one that was announced")
    attachment.content = content


def complete_upload(participant: Participant, params: Params) -> Params:
    """CompleteAttachmentUpload: the ATTACHMENT item is broadcast."""
    chat = participant.chat
    for attachment_id in params["AttachmentIds"]:
        attachment = chat.attachments.get(attachment_id)
        if attachment is None or attachment.owner is not participant:
            raise denied("There is no such attachment of this participant.")
        if attachment.content is None:
            raise InvalidInput("The attachment has not been uploaded")
        if attachment.announced:
            raise ServiceError("ConflictException", "The attachment has already been completed.")
        attachment.announced = True
        chat.role_timers.heard(participant)
        _announce(attachment)
    return {}


def _announce(attachment: Attachment) -> None:
    chat, scan = attachment.chat, attachment.chat.region.settings.attachment_scan
    moment = chat.moment()
    item = _item(attachment, chat.region.mint.item_id(moment), moment)
    if scan == "off":
        attachment.status = "APPROVED"
    item["Attachments"][0]["Status"] = attachment.status
    chat.publish(item, attachment.owner, kept=True)
    if scan != "off":
        verdict = "APPROVED" if scan == "approve" else "REJECTED"
        chat.region.after(SCAN_SECONDS, lambda: _scanned(attachment, item, verdict))


def _scanned(attachment: Attachment, item: items.Item, verdict: str) -> None:
    attachment.status = verdict
    item["Attachments"] = [{**item["Attachments"][0], "Status": verdict}]
    if not attachment.chat.ended:
        attachment.chat.publish(item, attachment.owner, kept=False)


def _item(attachment: Attachment, item_id: str, moment: int) -> items.Item:
    chat = attachment.chat
    described = {
        "ContentType": attachment.content_type,
        "AttachmentId": attachment.id,
        "AttachmentName": attachment.name,
        "Status": attachment.status,
    }
    return {
        "AbsoluteTime": chat.region.iso(moment),
        "Attachments": [described],
        "Id": item_id,
        "Type": "ATTACHMENT",
        **attachment.owner.fields(),
        "InitialContactId": chat.initial_contact_id,
        "ContactId": chat.contact_id,
    }


def get_attachment(participant: Participant, params: Params) -> Params:
    """GetAttachment: a download URL that lives 5 to 300 seconds."""
    region = participant.chat.region
    if participant.role is Role.CUSTOM_BOT:
        raise denied()
    attachment = participant.chat.attachments.get(params["AttachmentId"])
    if attachment is None or attachment.content is None or attachment.status != "APPROVED":
        raise denied("There is no such attachment.")
    key, until = region.mint.token(24), region.clock.time() + params.get("UrlExpiryInSeconds", 300)
    region.downloads[key] = (attachment, until)
    return {
        "Url": f"{region.address}/_attachments/download/{key}",
        "UrlExpiry": region.iso(int(until * 1000)),
        "AttachmentSizeInBytes": attachment.size,
    }
