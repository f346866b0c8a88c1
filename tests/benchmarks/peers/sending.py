"""One way of making SendMessage calls, made over and over: 32 under way, CPU time alone counts.

``python -m tests.benchmarks.peers.sending URL WAY`` prints microseconds per call. It shares nothing with a bot.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import perf_counter, process_time

import uvloop
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore import UNSIGNED

from agent.aws.settings import AwsSettings
from agent.aws.wiring import aws_ports
from agent.ids import ClientToken, Secret
from tests.benchmarks.peers.limit import Pool

UNDER_WAY = 32
_SECONDS = 1.5
_WORDS = "Your parcel left our house this morning."

Say = Callable[[str], Awaitable[object]]
"""Says the words under a ClientToken."""


@asynccontextmanager
async def default(url: str) -> AsyncIterator[Say]:
    """aiobotocore as it comes."""
    async with get_session().create_client("connectparticipant", endpoint_url=url) as client:
        yield lambda token: client.send_message(
            ConnectionToken="1", ContentType="text/plain", Content=_WORDS, ClientToken=token
        )


@asynccontextmanager
async def tuned(url: str) -> AsyncIterator[Say]:
    """aiobotocore with everything off that can be switched off."""
    config = AioConfig(
        signature_version=UNSIGNED,
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        max_pool_connections=UNDER_WAY,
        user_agent="bench",
    )
    async with get_session().create_client("connectparticipant", endpoint_url=url, config=config) as client:
        yield lambda token: client.send_message(
            ConnectionToken="1", ContentType="text/plain", Content=_WORDS, ClientToken=token
        )


@asynccontextmanager
async def product(url: str) -> AsyncIterator[Say]:
    """This project's port."""
    bearer = Secret("1")
    async with aws_ports(AwsSettings(endpoint_url=url)) as ports:
        yield lambda token: ports.participant.send_message(
            bearer, content=_WORDS, content_type="text/plain", client_token=ClientToken(token)
        )


@asynccontextmanager
async def limit(url: str) -> AsyncIterator[Say]:
    """Bytes, written and read."""
    pool = Pool(url, None)
    await pool.open()
    body = b'{"ContentType":"text/plain","ClientToken":"%s","Content":"%s"}'
    yield lambda token: pool.call(b"/participant/message", b"1", body % (token.encode(), _WORDS.encode()))


WAYS: dict[str, Callable[[str], AbstractAsyncContextManager[Say]]] = {
    "aiobotocore": default,
    "aiobotocore, tuned": tuned,
    "product": product,
    "limit": limit,
}


async def cost(url: str, way: str) -> float:
    """Microseconds of CPU per call."""
    async with WAYS[way](url) as say:
        await _say_for(0.3, say)
        began = process_time()
        calls = await _say_for(_SECONDS, say)
        return (process_time() - began) / calls * 1e6


async def _say_for(seconds: float, say: Say) -> int:
    until, calls = perf_counter() + seconds, 0

    async def one(chat: int) -> None:
        nonlocal calls
        while perf_counter() < until:
            calls += 1
            await say(f"{chat}-{calls}")

    async with asyncio.TaskGroup() as group:
        for chat in range(UNDER_WAY):
            group.create_task(one(chat))
    return calls


if __name__ == "__main__":
    print(json.dumps(uvloop.run(cost(*sys.argv[1:]))))
