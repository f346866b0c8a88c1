"""A server that speaks OpenAI's chat completions, with a stream of events, and misbehaves by the name of its model.

It can run in a process of its own, and then prints its port: a stranger to the code under test.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class Stub:
    """What it was asked: bodies and keys."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.going = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        way = getattr(self, body["model"].replace("-", "_"))
        answer: web.StreamResponse = await way(request)
        return answer

    async def whole(self, request: web.Request) -> web.StreamResponse:
        stream = await opened(request)
        for word in ("We have ", "red ones. ", "And blue ones."):
            await say(stream, {"content": word})
        return await closed(stream, "stop", usage={"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12})

    async def half(self, request: web.Request) -> web.StreamResponse:
        stream = await opened(request)
        await say(stream, {"content": "We have red ones. And al"})
        assert request.transport is not None
        request.transport.close()
        return stream

    async def unfinished(self, request: web.Request) -> web.StreamResponse:
        stream = await opened(request)
        await say(stream, {"content": "We have red ones. And al"})
        return stream

    async def down(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": "secret words"}}, status=500)

    async def busy(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0"})

    async def busy_once(self, request: web.Request) -> web.StreamResponse:
        return await (self.busy(request) if len(self.asked) == 1 else self.whole(request))

    async def silent(self, request: web.Request) -> web.StreamResponse:
        stream = await opened(request)
        await self.going.wait()
        return stream

    async def rubbish(self, request: web.Request) -> web.StreamResponse:
        stream = await opened(request)
        await stream.write(b"data: {what?\n\n")
        return stream

    async def page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Sign in</html>", content_type="text/html")

    async def refusing(self, request: web.Request) -> web.StreamResponse:
        return await closed(await opened(request), "content_filter")

    async def filtered(self, request: web.Request) -> web.StreamResponse:
        stream = await opened(request)
        await say(stream, {"content": "We have red ones. And al"})
        return await closed(stream, "content_filter")

    async def unknown_tool(self, request: web.Request) -> web.StreamResponse:
        return await called(request, "format_disk", {"path": "/"})

    async def loop(self, request: web.Request) -> web.StreamResponse:
        return await called(request, "write_attribute", {"name": "topic", "value": "x"})

    async def noting(self, request: web.Request) -> web.StreamResponse:
        return await (self.loop(request) if len(self.asked) == 1 else self.whole(request))


async def opened(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    return stream


async def say(stream: web.StreamResponse, delta: dict[str, Any], finish: str | None = None, **more: Any) -> None:
    choices = [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}]
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more}
    await stream.write(f"data: {json.dumps(chunk)}\n\n".encode())


async def closed(stream: web.StreamResponse, finish: str, **more: Any) -> web.StreamResponse:
    await say(stream, {}, finish, **more)
    await stream.write(b"data: [DONE]\n\n")
    return stream


async def called(request: web.Request, name: str, arguments: dict[str, str]) -> web.StreamResponse:
    stream = await opened(request)
    function = {"name": name, "arguments": json.dumps(arguments)}
    await say(stream, {"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": function}]})
    return await closed(stream, "tool_calls")


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[str, Stub]]:
    """The address of a stub on a free port, and the stub."""
    stub, app = Stub(), web.Application()
    app.router.add_post("/v1/chat/completions", stub.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1", stub
    finally:
        stub.going.set()
        await runner.cleanup()


async def _main() -> None:
    async with serving() as (url, _):
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
