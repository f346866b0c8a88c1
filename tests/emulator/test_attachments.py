"""Attachments in memory: upload, announcement, download, and what a bot may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent.emulator import attachments

if TYPE_CHECKING:
    from tests.emulator.conftest import Party, Stage

FILE = {"ContentType": "image/png", "AttachmentSizeInBytes": 4, "AttachmentName": "label.png"}


def upload(stage: Stage, party: Party, content: bytes = b"abcd", token: str = "t") -> str:
    """Start, put and complete."""
    started = party.call("StartAttachmentUpload", **FILE, ClientToken=token)
    key = started["UploadMetadata"]["Url"].rsplit("/", 1)[1]
    attachments.put(stage.region.uploads[key], content)
    party.call("CompleteAttachmentUpload", AttachmentIds=[started["AttachmentId"]], ClientToken=token)
    return str(started["AttachmentId"])


def test_an_upload_is_announced_to_all(stage: Stage) -> None:
    """An ATTACHMENT item without ContentType and Content [live]."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    attachment_id = upload(stage, customer)
    item = bot.socket.items[-1]
    assert item["Type"] == "ATTACHMENT"
    assert "ContentType" not in item
    assert "Content" not in item
    described = {"ContentType": "image/png", "AttachmentId": attachment_id, "AttachmentName": "label.png"}
    assert item["Attachments"] == [described | {"Status": "APPROVED"}]
    assert customer.reads(MaxResults=1) == ["ATTACHMENT"]


def test_a_custom_bot_may_not_download(stage: Stage) -> None:
    """GetAttachment answers AccessDeniedException [documented]."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    attachment_id = upload(stage, customer)
    answer = customer.call("GetAttachment", AttachmentId=attachment_id, UrlExpiryInSeconds=5)
    assert answer["AttachmentSizeInBytes"] == 4
    stage.refused("AccessDeniedException", lambda: bot.call("GetAttachment", AttachmentId=attachment_id))


@pytest.mark.parametrize(("scan", "verdict"), [("approve", "APPROVED"), ("reject", "REJECTED")])
def test_scanning_tells_its_verdict_later(build: type[Stage], scan: str, verdict: str) -> None:
    """IN_PROGRESS first, then the verdict under the same Id [client code]."""
    stage = build(attachment_scan=scan)
    customer = stage.customer()
    upload(stage, customer)
    first = customer.socket.items[-1]
    stage.passes(1)
    second = customer.socket.items[-1]
    assert (first["Attachments"][0]["Status"], second["Attachments"][0]["Status"]) == ("IN_PROGRESS", verdict)
    assert first["Id"] == second["Id"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"AttachmentName": "virus.exe"},
        {"AttachmentSizeInBytes": 20_971_521},
        {"AttachmentSizeInBytes": 0},
        {"AttachmentName": ""},
    ],
)
def test_files_that_are_refused(stage: Stage, wrong: dict[str, Any]) -> None:
    """Types and sizes have limits [documented]."""
    customer = stage.customer()
    params = FILE | wrong | {"ClientToken": "t"}
    stage.refused("ValidationException", lambda: customer.call("StartAttachmentUpload", **params))


def test_the_number_of_attachments_is_limited(build: type[Stage]) -> None:
    """35 on a chat [documented]."""
    stage = build(attachments_per_chat=1)
    customer = stage.customer()
    upload(stage, customer)
    error = stage.refused("ServiceQuotaExceededException", lambda: upload(stage, customer, token="u"))
    assert error.status == 402


def test_completing_wrongly(stage: Stage) -> None:
    """Not uploaded, completed twice, somebody else's."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    started = customer.call("StartAttachmentUpload", **FILE, ClientToken="t")
    ids = [started["AttachmentId"]]
    stage.refused(
        "ValidationException",
        lambda: customer.call("CompleteAttachmentUpload", AttachmentIds=ids, ClientToken="a"),
    )
    done = [upload(stage, customer, token="u")]
    stage.refused(
        "ConflictException",
        lambda: customer.call("CompleteAttachmentUpload", AttachmentIds=done, ClientToken="b"),
    )
    stage.refused(
        "AccessDeniedException",
        lambda: bot.call("CompleteAttachmentUpload", AttachmentIds=ids, ClientToken="c"),
    )


def test_an_upload_url_is_for_a_while(stage: Stage) -> None:
    """Fifteen minutes [inferred], and never after the chat."""
    customer = stage.customer()
    first, second = (
        stage.region.uploads[
            customer.call("StartAttachmentUpload", **FILE, ClientToken=token)["UploadMetadata"]["Url"].rsplit("/", 1)[1]
        ]
        for token in ("t", "u")
    )
    stage.passes(900)
    attachments.put(first, b"abcd")
    stage.passes(1)
    stage.refused("AccessDeniedException", lambda: attachments.put(second, b"abcd"))
