"""A peer on loopback that answers whatever a test tells it to, down to the bytes; and a machine without AWS."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import anyio
import pytest
from botocore.loaders import JSONFileLoader

from agent.aws.settings import AwsSettings
from agent.aws.wiring import AwsPorts, aws_ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def members(self) -> Any:
        return json.loads(self.body)


Answering = Callable[[Request], Awaitable[bytes | None]]


def answer(status: int, body: object = None, *, content: bytes | None = None, **headers: str) -> bytes:
    """An HTTP answer: JSON, or `content` as it is."""
    content = json.dumps({} if body is None else body).encode() if content is None else content
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass(slots=True)
class Peer:
    """Answers every request by `answering`; None hangs up without an answer."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: set[asyncio.StreamWriter] = field(default_factory=set)
    opened: int = 0
    answering: Answering | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def answers(self, *scripted: bytes | None) -> None:
        """Answers with each of `scripted` in turn, and then with the last for ever."""
        left = list(scripted)

        async def next_one(request: Request) -> bytes | None:
            return left.pop(0) if len(left) > 1 else left[0]

        self.answering = next_one

    def stays_silent(self) -> None:
        async def wait(request: Request) -> bytes | None:
            return await asyncio.Future()

        self.answering = wait

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        self.opened += 1
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                self.arrived.set()
                assert self.answering is not None
                said = await self._unless_gone(reader, self.answering(request))
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.connections.discard(writer)
            writer.close()
            self.closed.set()

    async def _unless_gone(self, reader: asyncio.StreamReader, coming: Awaitable[bytes | None]) -> bytes | None:
        said = None
        async with anyio.create_task_group() as group:

            async def leave() -> None:
                await reader.read(1)
                group.cancel_scope.cancel()

            group.start_soon(leave)
            said = await coming
            group.cancel_scope.cancel()
        return said


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method=method, path=path, headers=headers, body=body)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    one = Peer()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield one
    server.close()
    for writer in list(one.connections):
        writer.close()
    await server.wait_closed()


Opening = Callable[..., AbstractAsyncContextManager[AwsPorts]]


BOTH_WAYS = pytest.mark.parametrize(
    "ports", [{}, {"validate_participant_calls": True}], ids=["short way", "whole client"], indirect=True
)


@pytest.fixture
def ports(peer: Peer, request: pytest.FixtureRequest) -> Opening:
    """Opens the ports against the peer, with settings of the test's choice; a test's `BOTH_WAYS` are its defaults."""
    way = getattr(request, "param", {})

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[AwsPorts]:
        async with aws_ports(AwsSettings(**{"endpoint_url": peer.url, **way, **settings})) as them:
            yield them

    return opened


@pytest.fixture(scope="session", autouse=True)
def _models_read_once() -> Iterator[None]:
    """Service models are large; every opening of clients would parse them again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lru_cache(maxsize=None)(JSONFileLoader.load_file))
        patch.setattr(JSONFileLoader, "__hash__", lambda self: 0)
        patch.setattr(JSONFileLoader, "__eq__", lambda self, other: True)
        yield


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A machine without AWS: no credentials, no configuration, no role, no proxy."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    nowhere = tmp_path_factory.mktemp("aws") / "none"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
