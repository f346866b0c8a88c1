"""How boto3's users send a file: ask where to, put it there, say so."""

import urllib.request
from typing import Any

from tests.clients.boto import Answer, Person


def start(person: Person, content: bytes, name: str = "note.txt", **more: Any) -> Answer:
    """StartAttachmentUpload for these bytes."""
    return dict(
        person.client.start_attachment_upload(
            ContentType="text/plain",
            AttachmentSizeInBytes=len(content),
            AttachmentName=name,
            ConnectionToken=person.token,
            **more,
        )
    )


def put(started: Answer, content: bytes) -> int:
    """PUT the bytes where `started` says; the status."""
    upload = started["UploadMetadata"]
    request = urllib.request.Request(upload["Url"], content, upload["HeadersToInclude"], method="PUT")
    with urllib.request.urlopen(request, timeout=20) as response:
        return int(response.status)


def unmeasured(started: Answer) -> Answer:
    """The same upload without its Content-Length, which urllib then sets to the truth."""
    upload = started["UploadMetadata"]
    headers = {k: v for k, v in upload["HeadersToInclude"].items() if k != "Content-Length"}
    return {**started, "UploadMetadata": {**upload, "HeadersToInclude": headers}}


def complete(person: Person, started: Answer, **more: Any) -> None:
    """CompleteAttachmentUpload."""
    ids = [started["AttachmentId"]]
    person.client.complete_attachment_upload(AttachmentIds=ids, ConnectionToken=person.token, **more)
