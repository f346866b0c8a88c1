"""The workers' topics and queues at moto: whose are left, when only some processes still live. It takes none away."""

from collections.abc import Collection, Iterator
from typing import Any

import anyio
import anyio.to_thread
import boto3

from agent.aws.streams import WORKER
from tests.aws.moto import REGION
from tests.cluster.workers import LEFT_AFTER, PREFIX, Site

LONGEST = 2 * LEFT_AFTER
"""Seconds in which those of the dead must have gone: they look four times in the first of them."""


async def cleared(site: Site, processes: Collection[str], *, within: float = LONGEST) -> list[str]:
    """Waits until nobody's topic and queue are left but those of these processes; what is left all the same."""
    left: list[str] = []
    with anyio.move_on_after(within):
        while left := await anyio.to_thread.run_sync(_left, site.moto, processes):
            await anyio.sleep(1)
    return left or await anyio.to_thread.run_sync(_left, site.moto, processes)


def _left(moto: str, processes: Collection[str]) -> list[str]:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    sqs: Any = boto3.client("sqs", endpoint_url=moto, region_name=REGION, **keys)
    sns: Any = boto3.client("sns", endpoint_url=moto, region_name=REGION, **keys)
    try:
        owners = dict(_owners(sqs))
        topics = [topic["TopicArn"].rpartition(":")[2] for topic in sns.list_topics()["Topics"]]
    finally:
        sqs.close()
        sns.close()
    live = {name for name, worker in owners.items() if worker.rsplit(".", 2)[1] in processes}
    left = sorted({name for name in (*owners, *topics) if name not in live})
    return [f"{name} of {owners.get(name, 'nobody')} was left behind" for name in left]


def _owners(sqs: Any) -> Iterator[tuple[str, str]]:
    """Each queue's name and its worker."""
    for url in sqs.list_queues(QueueNamePrefix=f"{PREFIX}-").get("QueueUrls", []):
        try:
            yield url.rpartition("/")[2], sqs.list_queue_tags(QueueUrl=url)["Tags"][WORKER]
        except sqs.exceptions.QueueDoesNotExist:
            continue  # taken away since they were listed
