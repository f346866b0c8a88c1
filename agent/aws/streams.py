"""A worker's mailbox at AWS: an SNS topic that Amazon Connect publishes to, and the SQS queue that hears it.

The queue is made first and taken away last, so that whatever a crash leaves behind is found by looking for queues. It
does not know whose mailbox may go, and repeats nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from botocore import exceptions as aws

from agent.aws.clients import client_options
from agent.aws.endpoints import endpoint_of, region_of
from agent.aws.failures import reason
from agent.aws.hosts import host_of, is_aws, is_loopback
from agent.aws.policies import queue_policy, topic_of, topic_policy
from agent.aws.quiet import hush
from agent.aws.scrub import error_name, silence
from agent.aws.session import opened_session, signing_keys
from agent.aws.settings import AwsSettings
from agent.aws.sqs import LONGEST_WAIT, SqsQueue
from agent.errors import ConfigurationError, StreamingError
from agent.ids import WorkerId
from agent.ports import FoundMailbox, Mailbox

RETENTION = 900
"""Seconds that an item waits in the queue; what is older the transcript has told long since."""
WORKER, CREATED, SEEN = "chat-agent:worker", "chat-agent:created", "chat-agent:seen"
"""The tags of a mailbox; the last one is on the queue only, because it changes."""

_TIMEOUT = 10.0
_MARGIN = 10.0
_GONE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NotFound", "NotFoundException"})
_PASSING = frozenset(
    {
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "QueueDeletedRecently",
        "RequestThrottled",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "ConcurrentAccess",
    }
)


class AwsMailboxes:
    """A `MailboxPort` on clients of ``sns`` and ``sqs``, which are opened when they are first needed."""

    def __init__(self, clients: Mapping[str, "_Client"]) -> None:
        self._clients = clients

    async def open(self, name: str, *, worker: WorkerId, born: float) -> Mailbox:
        """Asks with sqs:CreateQueue, TagQueue, GetQueueAttributes and SetQueueAttributes, and with sns:CreateTopic,
        TagResource, SetTopicAttributes and Subscribe."""
        tags = {WORKER: str(worker), CREATED: _moment(born)}
        queue_tags = {**tags, SEEN: _moment(born)}
        created = await self._queues("create_queue", QueueName=name, Attributes=_ATTRIBUTES, tags=queue_tags)
        url = str(created["QueueUrl"])
        queue = await self._arn(url)
        topic = await self._topic(name, tags)
        policy = {"Policy": queue_policy(queue, topic)}
        await self._queues("set_queue_attributes", QueueUrl=url, Attributes=policy)
        await self._topics("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
        return Mailbox(topic=topic, queue=SqsQueue(await self._clients["sqs"].opened(), url))

    async def mark(self, name: str, *, now: float) -> None:
        """Asks with sqs:TagQueue."""
        await self._queues("tag_queue", QueueUrl=await self._url(name), Tags={SEEN: _moment(now)})

    async def names(self, prefix: str) -> Sequence[str]:
        """Asks with sqs:ListQueues, which knows no resource [documented]."""
        answer = await self._queues("list_queues", QueueNamePrefix=prefix, MaxResults=1000)
        return [str(url).rpartition("/")[2] for url in answer.get("QueueUrls") or ()]

    async def look(self, name: str) -> FoundMailbox | None:
        """Asks with sqs:GetQueueUrl and sqs:ListQueueTags."""
        try:
            answer = await self._queues("list_queue_tags", QueueUrl=await self._url(name))
        except _Missing:
            return None
        tags = answer.get("Tags") or {}
        worker = tags.get(WORKER)
        return FoundMailbox(name=name, worker=WorkerId(worker) if worker else None, seen=_seconds(tags.get(SEEN)))

    async def remove(self, name: str) -> None:
        """Asks with sqs:GetQueueUrl, GetQueueAttributes and DeleteQueue, and with sns:DeleteTopic."""
        try:
            url = await self._url(name)
            await self._topics("delete_topic", TopicArn=topic_of(await self._arn(url)))
            await self._queues("delete_queue", QueueUrl=url)
        except _Missing:
            return

    async def _topic(self, name: str, tags: Mapping[str, str]) -> str:
        """The tags are always the same: CreateTopic refuses a topic that is there with other ones [documented]."""
        written = [{"Key": key, "Value": value} for key, value in tags.items()]
        topic = str((await self._topics("create_topic", Name=name, Tags=written))["TopicArn"])
        policy = topic_policy(topic)
        await self._topics("set_topic_attributes", TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        return topic

    async def _url(self, name: str) -> str:
        return str((await self._queues("get_queue_url", QueueName=name))["QueueUrl"])

    async def _arn(self, url: str) -> str:
        answer = await self._queues("get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    async def _queues(self, method: str, **members: Any) -> Mapping[str, Any]:
        return await _asked("sqs", await self._clients["sqs"].opened(), method, members)

    async def _topics(self, method: str, **members: Any) -> Mapping[str, Any]:
        return await _asked("sns", await self._clients["sns"].opened(), method, members)


class _Missing(StreamingError):
    """There is no such queue or topic."""


_ATTRIBUTES = {
    "MessageRetentionPeriod": str(RETENTION),
    "ReceiveMessageWaitTimeSeconds": str(LONGEST_WAIT),
    "VisibilityTimeout": "30",
}


async def _asked(service: str, client: AioBaseClient, method: str, members: Mapping[str, Any]) -> Mapping[str, Any]:
    action = f"{service}:{''.join(word.title() for word in method.split('_'))}"
    try:
        async with asyncio.timeout(_TIMEOUT):
            answer: Mapping[str, Any] = await getattr(client, method)(**members)
            return answer
    except Exception as cause:
        raise _failure(action, cause) from cause


def _failure(action: str, cause: Exception) -> StreamingError:
    if not isinstance(cause, aws.ClientError):
        why = reason(cause)
        silence(cause, why)
        return StreamingError(f"{action} for message streaming failed: {why}. Check network, DNS and proxy.")
    code = error_name(cause.response.get("Error", {}).get("Code"))
    status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    silence(cause, code or str(status))
    about = f"{action} for message streaming failed ({code or status})"
    if code in _GONE:
        return _Missing(f"{about}: it is gone; it is made again.")
    if code in _PASSING or status == 429 or not 400 <= status < 500:
        return StreamingError(f"{about}. It is asked again.")
    return StreamingError(
        f"{about}. Allow {action} on the worker's own topics and queues, or set connect.ingress to 'websocket'.",
        passing=False,
    )


class _Client:
    """One client, opened at its first use and kept until `stack` is left."""

    def __init__(self, service: str, settings: AwsSettings, endpoint_url: str | None, stack: AsyncExitStack) -> None:
        self._service = service
        self._settings = settings
        self._endpoint_url = endpoint_url
        self._stack = stack
        self._lock = asyncio.Lock()
        self._client: AioBaseClient | None = None

    async def opened(self) -> AioBaseClient:
        """Raises StreamingError: no region, no credentials, or a place that Amazon Connect cannot reach."""
        async with self._lock:
            if self._client is None:
                try:
                    self._client = await self._open()
                except ConfigurationError as error:
                    raise StreamingError(f"Message streaming: {error}", passing=False) from error
            return self._client

    async def _open(self) -> AioBaseClient:
        session = opened_session(self._settings)
        region = region_of(session, self._settings)
        url = await endpoint_of(session, self._service, region, self._endpoint_url)
        if is_aws(host_of(url)) and is_loopback(host_of(self._settings.connect_endpoint or "")):
            raise ConfigurationError(
                "a local Amazon Connect cannot stream to AWS; set streaming.endpoint_url to a local SNS and SQS."
            )
        config = AioConfig(**client_options(replace(self._settings, read_timeout=LONGEST_WAIT + _MARGIN), url))
        opening = session.create_client(
            self._service,
            region_name=region,
            endpoint_url=url,
            config=config,
            verify=self._settings.ca_bundle,
            **await signing_keys(session, url),
        )
        client = await self._stack.enter_async_context(opening)
        hush()
        return client


@asynccontextmanager
async def aws_mailboxes(settings: AwsSettings, *, endpoint_url: str | None = None) -> AsyncIterator[AwsMailboxes]:
    """Mailboxes in the instance's region, because a topic must be there [documented]; nothing is asked yet."""
    async with AsyncExitStack() as stack:
        yield AwsMailboxes({name: _Client(name, settings, endpoint_url, stack) for name in ("sns", "sqs")})


def _moment(seconds: float) -> str:
    return str(int(seconds))


def _seconds(text: object) -> float | None:
    return float(text) if isinstance(text, str) and text.isdecimal() else None
