"""What the workers share: somebody else's SQS and DynamoDB, and a local Amazon Connect that offers chats on a queue.

Processes on loopback, ended at the end. It knows no worker.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import boto3

from tests.aws.moto import CREDENTIALS, REGION
from tests.cluster.programs import Program
from tests.cluster.workers import TABLE, Site


@asynccontextmanager
async def services(
    directory: Path, lease: float, *, ingress: str = "websocket", table: str = TABLE
) -> AsyncIterator[Site]:
    """Everything is there, with an empty queue and an empty table."""
    with _running(directory / "moto.log", "tests.aws.moto", listens=True) as program:
        moto = await program.first_line()
        queue = await anyio.to_thread.run_sync(_queue, moto)
        await _table(directory, moto, table)
        options = ["--sink", f"contact-events=sqs+{queue}"]
        if ingress != "websocket":
            options += ["--no-bot-websocket", "--sink", f"stream=sns+{moto}"]
        with _running(directory / "connect.log", "agent", "emulator", "--port", "0", *options) as connect:
            url = (await connect.first_line()).rstrip("/")
            yield Site(directory=directory, moto=moto, queue=queue, connect=url, lease=lease, ingress=ingress)


@contextmanager
def _running(log: Path, *arguments: str, listens: bool = False) -> Iterator[Program]:
    program = Program(*arguments, log=log, variables=CREDENTIALS, listens=listens)
    try:
        yield program
    finally:
        program.close()


async def _table(directory: Path, moto: str, table: str) -> None:
    made = ("agent", "table", "create", table, "--yes", "--endpoint-url", moto, "--region", REGION)
    with _running(directory / "table.log", *made) as program:
        if await program.ended() != 0:
            raise RuntimeError(f"the table was not made: {program.log.read_text()[-2000:]}")


def _queue(moto: str) -> str:
    """A queue that puts rubbish aside, as operators are told to."""
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    sqs: Any = boto3.client("sqs", endpoint_url=moto, region_name=REGION, **keys)
    try:
        aside = sqs.create_queue(QueueName="aside")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=aside, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 50})
        return str(sqs.create_queue(QueueName="offers", Attributes={"RedrivePolicy": policy})["QueueUrl"])
    finally:
        sqs.close()
