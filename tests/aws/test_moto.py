"""The peer that nobody here wrote: it answers, and is empty at the beginning of every test."""

import boto3
import pytest

from tests.aws.moto import Moto


@pytest.mark.parametrize("run", [1, 2])
def test_a_test_finds_it_empty(moto: Moto, run: int) -> None:
    """What one test makes is gone for the next."""
    client = boto3.client("sqs", endpoint_url=moto.url)
    assert "QueueUrls" not in client.list_queues()
    client.create_queue(QueueName=moto.name())
    assert len(client.list_queues()["QueueUrls"]) == 1
    client.close()
