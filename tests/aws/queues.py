"""Queues of moto, as an operator would make them; through a client of its own, without our code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from tests.aws.moto import Moto


class Queue:
    """One queue, seen from outside."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self.url = url

    def put(self, body: Any, **more: Any) -> None:
        """One message: a text as it is, anything else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        self._sqs.send_message(QueueUrl=self.url, MessageBody=text, **more)

    def count(self) -> tuple[int, int]:
        """How many messages are visible, and how many hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])

    def take(self) -> list[str]:
        """The bodies of up to ten messages that are visible now; hides them."""
        answer = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=600)
        return [message["Body"] for message in answer.get("Messages", [])]


@contextmanager
def queue_of(moto: Moto, *, put_aside_after: int | None = None, **attributes: str) -> Iterator[Queue]:
    """A new queue; with a dead-letter queue behind it if `put_aside_after` says when."""
    sqs = boto3.client("sqs", endpoint_url=moto.url, region_name=moto.region)
    fifo = attributes.get("FifoQueue") == "true"
    if put_aside_after is not None:
        rubbish = sqs.create_queue(QueueName=moto.name())["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=rubbish, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"deadLetterTargetArn": arn, "maxReceiveCount": put_aside_after}
        attributes["RedrivePolicy"] = json.dumps(policy)
    made = sqs.create_queue(QueueName=moto.name() + (".fifo" if fifo else ""), Attributes=attributes)
    try:
        yield Queue(sqs, made["QueueUrl"])
    finally:
        sqs.close()
