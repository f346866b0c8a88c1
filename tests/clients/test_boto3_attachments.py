"""Attachments as boto3 meets them: up by a URL, announced by an item, down by a URL."""

import urllib.error
import urllib.request
from datetime import datetime

import pytest

from tests.clients.amazon import Amazon
from tests.clients.boto import Boto, refused
from tests.clients.files import complete, put, start, unmeasured


def test_a_file_goes_up_and_comes_down(boto: Boto, amazon: Amazon) -> None:
    """Start, PUT with exactly the headers given, complete: an ATTACHMENT item; GetAttachment leads to the bytes."""
    customer = boto.customer()
    content = "Grüße\n".encode() * 100
    started = start(customer, content, "Grüße.txt")
    assert put(started, content) == 200
    complete(customer, started)
    item = customer.page()["Transcript"][0]
    assert item["Type"] == "ATTACHMENT"
    assert "ContentType" not in item
    assert item["Attachments"] == [
        {
            "ContentType": "text/plain",
            "AttachmentId": started["AttachmentId"],
            "AttachmentName": "Grüße.txt",
            "Status": "APPROVED",
        }
    ]
    asked = {"AttachmentId": started["AttachmentId"], "UrlExpiryInSeconds": 60, "ConnectionToken": customer.token}
    got = boto.participant.get_attachment(**asked)
    assert got["AttachmentSizeInBytes"] == len(content)
    assert datetime.fromisoformat(got["UrlExpiry"])
    with urllib.request.urlopen(got["Url"], timeout=20) as response:
        assert response.read() == content


def test_a_bot_may_not_download(boto: Boto) -> None:
    """CUSTOM_BOT sees the item, and is denied the file."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    started = start(customer, b"secret")
    put(started, b"secret")
    complete(customer, started)
    assert bot.page()["Transcript"][0]["Type"] == "ATTACHMENT"
    with refused(boto.participant, "AccessDeniedException"):
        boto.participant.get_attachment(AttachmentId=started["AttachmentId"], ConnectionToken=bot.token)


def test_files_that_are_refused(boto: Boto) -> None:
    """A wrong type or size, a file that never came, somebody else's, and one that was completed before."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    with refused(boto.participant, "ValidationException"):
        start(customer, b"MZ", "virus.exe")
    with refused(boto.participant, "ValidationException"):
        boto.participant.start_attachment_upload(
            ContentType="text/plain",
            AttachmentSizeInBytes=20_971_521,
            AttachmentName="a.txt",
            ConnectionToken=customer.token,
        )
    started = start(customer, b"text")
    with refused(boto.participant, "ValidationException"):
        complete(customer, started)
    with pytest.raises(urllib.error.HTTPError) as caught:
        put(unmeasured(started), b"longer than it was said to be")
    assert caught.value.code == 400
    caught.value.close()
    put(started, b"text")
    with refused(boto.participant, "AccessDeniedException"):
        complete(bot, started)
    complete(customer, started)
    with refused(boto.participant, "ConflictException"):
        complete(customer, started)


def test_thirty_five_files_and_no_more(boto: Boto) -> None:
    """The chat's quota of attachments is ServiceQuotaExceededException, 402."""
    customer = boto.customer()
    for _ in range(35):
        start(customer, b"x")
    with refused(boto.participant, "ServiceQuotaExceededException"):
        start(customer, b"x")
