"""A queue of SQS through aiobotocore: timeouts that a long poll fits into, batches of ten, errors that say what to do.

It does not know what a message means, and repeats nothing.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from json import loads
from typing import Any
from urllib.parse import urlsplit

from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from botocore import exceptions as aws

from agent.aws.clients import client_options
from agent.aws.endpoints import region_of
from agent.aws.failures import reason
from agent.aws.quiet import hush
from agent.aws.scrub import error_name, silence
from agent.aws.session import opened_session, signing_keys
from agent.aws.settings import AwsSettings
from agent.errors import InvalidSetting, QueueError, QueueRefused, QueueUnreachable
from agent.ports import QueueFacts, QueueMessage

LONGEST_WAIT = 20
"""Seconds that ReceiveMessage may wait [documented]."""
BATCH = 10
"""The most messages of one call [documented]."""
_MARGIN = 10.0  # what a call may take beyond its wait, in seconds
_REGION = re.compile(r"sqs(?:-fips)?\.([a-z0-9-]+)\.|([a-z0-9-]+)\.queue\.")

_MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"})
_PATIENCE = frozenset(
    {"RequestThrottled", "Throttling", "ThrottlingException", "KmsThrottled", "KMS.ThrottlingException", "OverLimit"}
)
_KEY = re.compile(r"(?i)kms")


class SqsQueue:
    """A `QueuePort` on an open client of ``sqs``."""

    def __init__(self, client: AioBaseClient, url: str) -> None:
        self._client = client
        self._url = url
        self._name = urlsplit(url).path.rpartition("/")[2]

    async def look(self) -> QueueFacts:
        """Asks with sqs:GetQueueAttributes."""
        answer = await self._call("GetQueueAttributes", AttributeNames=["All"])
        return QueueFacts(name=self._name, put_aside_after=_put_aside_after(answer.get("Attributes") or {}))

    async def receive(self, *, limit: int, wait: int, hide: int) -> Sequence[QueueMessage]:
        """Asks with sqs:ReceiveMessage; with an encrypted queue with kms:Decrypt, too [documented]."""
        answer = await self._call(
            "ReceiveMessage",
            timeout=wait + _MARGIN,
            MaxNumberOfMessages=limit,
            WaitTimeSeconds=wait,
            VisibilityTimeout=hide,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [_message(raw) for raw in answer.get("Messages") or ()]

    async def delete(self, receipts: Sequence[str]) -> None:
        """Asks with sqs:DeleteMessage."""
        await self._batches("DeleteMessage", receipts)

    async def hide(self, receipts: Sequence[str], *, seconds: int) -> None:
        """Asks with sqs:ChangeMessageVisibility."""
        await self._batches("ChangeMessageVisibility", receipts, VisibilityTimeout=seconds)

    async def _batches(self, operation: str, receipts: Sequence[str], **members: int) -> None:
        for some in _tens(receipts):
            entries = [{"Id": str(n), "ReceiptHandle": receipt, **members} for n, receipt in enumerate(some)]
            answer = await self._call(f"{operation}Batch", Entries=entries)
            for failed in answer.get("Failed") or ():
                if not failed.get("SenderFault"):
                    raise QueueUnreachable(f"{operation} of queue {self._name} failed for some messages.")

    async def _call(self, operation: str, *, timeout: float = _MARGIN, **members: Any) -> Mapping[str, Any]:
        call = getattr(self._client, _METHODS[operation])
        try:
            async with asyncio.timeout(timeout):
                answer: Mapping[str, Any] = await call(QueueUrl=self._url, **members)
                return answer
        except Exception as cause:
            raise self._failure(operation, cause) from cause

    def _failure(self, operation: str, cause: Exception) -> QueueError:
        about = f"{operation} of queue {self._name} failed"
        if isinstance(cause, aws.ClientError):
            return self._answered(operation.removesuffix("Batch"), about, cause)
        why = reason(cause)
        silence(cause, why)
        if isinstance(cause, aws.ParamValidationError):
            return QueueRefused(f"{about}: {why}.")
        return QueueUnreachable(f"{about}: {why}. Check network, DNS, proxy and source.queue_url; it is asked again.")

    def _answered(self, operation: str, about: str, cause: aws.ClientError) -> QueueError:
        code = error_name(cause.response.get("Error", {}).get("Code"))
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        silence(cause, code or str(status))
        about = f"{about} ({code or status})"
        if code in _PATIENCE or status in (429, 408) or not 400 <= status < 500:
            return QueueUnreachable(f"{about}. It is asked again.")
        if code in _MISSING or status == 404:
            return QueueRefused(f"{about}: there is no such queue; check source.queue_url, its account and its region.")
        if _KEY.search(code):
            return QueueRefused(f"{about}: the queue is encrypted; allow kms:Decrypt with its key.")
        return QueueRefused(
            f"{about}. Allow sqs:{operation} on this queue, and check the credentials with "
            "`aws sts get-caller-identity`."
        )


_METHODS = {
    "GetQueueAttributes": "get_queue_attributes",
    "ReceiveMessage": "receive_message",
    "DeleteMessageBatch": "delete_message_batch",
    "ChangeMessageVisibilityBatch": "change_message_visibility_batch",
}


@asynccontextmanager
async def sqs_queue(settings: AwsSettings, url: str) -> AsyncIterator[SqsQueue]:
    """The queue at `url`, which also says where SQS is and in which region; nothing is asked yet.

    Raises:
        ConfigurationError: `url` is no queue's, or there are no credentials or no region.
    """
    endpoint = _endpoint(url)
    session = opened_session(settings)
    there = replace(settings, region=_region(url) or settings.region, connect_endpoint_url=endpoint)
    config = AioConfig(**{**client_options(settings, endpoint), "read_timeout": LONGEST_WAIT + _MARGIN})
    keys = await signing_keys(session, endpoint)
    async with session.create_client(
        "sqs",
        region_name=region_of(session, replace(there, participant_endpoint_url=endpoint)),
        endpoint_url=endpoint,
        config=config,
        verify=settings.ca_bundle,
        **keys,
    ) as client:
        hush()
        yield SqsQueue(client, url)


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.netloc and len(parts.path.strip("/").split("/")) >= 2:
        return f"{parts.scheme}://{parts.netloc}"
    raise InvalidSetting(
        "source.queue_url", "it is no queue's; give one like https://sqs.us-east-1.amazonaws.com/123456789012/offers."
    )


def _region(url: str) -> str | None:
    found = _REGION.search(url)
    return (found.group(1) or found.group(2)) if found else None


def _message(raw: Mapping[str, Any]) -> QueueMessage:
    receives = str((raw.get("Attributes") or {}).get("ApproximateReceiveCount", ""))
    return QueueMessage(
        message_id=str(raw.get("MessageId", "")),
        receipt=str(raw.get("ReceiptHandle", "")),
        body=str(raw.get("Body", "")),
        receives=int(receives) if receives.isdecimal() else 1,
    )


def _put_aside_after(attributes: Mapping[str, Any]) -> int | None:
    try:
        return int(loads(attributes["RedrivePolicy"])["maxReceiveCount"])
    except (KeyError, TypeError, ValueError):
        return None


def _tens(receipts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(receipts), BATCH):
        yield receipts[start : start + BATCH]
