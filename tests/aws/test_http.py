"""The HTTP session under aiobotocore's clients: what it shares among its calls."""

import asyncio
import ssl
from typing import Any

import pytest

from agent.aws.http import LeanSession


async def test_calls_that_begin_at_once_share_one_tls_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """A context takes a megabyte and many milliseconds; a storm of joins must not build one for each connection."""
    built: list[ssl.SSLContext] = []

    def build(session: LeanSession, proxy_url: str | None) -> tuple[ssl.SSLContext, None]:
        built.append(ssl.create_default_context())
        return built[-1], None

    monkeypatch.setattr(LeanSession, "_build_ssl_contexts", build)
    session: Any = LeanSession()
    shared = await asyncio.gather(*(session._context() for _ in range(8)))
    assert built == [shared[0]]
    assert {id(each) for each in shared} == {id(built[0])}


async def test_who_gives_up_on_the_tls_context_leaves_it_to_the_others() -> None:
    """The first call is cancelled while the certificates are read; the next one reads them."""
    session: Any = LeanSession()
    first = asyncio.ensure_future(session._context())
    await asyncio.sleep(0)
    first.cancel()
    assert isinstance(await session._context(), ssl.SSLContext)
    assert first.cancelled()
