"""The emulator's own HTTP interface under ``/_emulator/``: offers, contacts, verbs, weather, clock, timeline.

Only pages of this machine may use it: a foreign Origin or Host is refused, so that no web site can reach in.
It must not know AWS's operations.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from agent.emulator.archive import s3_form
from agent.emulator.contacts import Chat
from agent.emulator.desk import Desk
from agent.emulator.errors import InvalidInput, ServiceError, not_found
from agent.emulator.happenings import BotWanted, Happening
from agent.emulator.items import encode
from agent.emulator.operations import Operations
from agent.emulator.region import offer
from agent.emulator.replay import replay
from agent.emulator.rest import BadBody, read_body, read_json, respond
from agent.emulator.timeline import Entry
from agent.emulator.verbs import perform
from agent.emulator.weather import ScriptedWeather
from agent.emulator.weather_rules import read_weather

PREFIX = "/_emulator/"
INSTANCE_ID = "11111111-2222-4333-8444-555555555555"
"""The instance of chats that are started without naming one."""
NO_SUCH_CONTROL = "There is no such control here."
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_LAG = 10_000  # entries a follower may be behind before its stream ends
Body = dict[str, Any]


class Follower:
    """A bounded queue between those who tell and one open stream."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(LONGEST_LAG)

    def put(self, line: str) -> None:
        """Pass a line on; one who lags too far loses the stream."""
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            self.end()
        else:
            self._queue.put_nowait(line)

    def end(self) -> None:
        """The stream is over."""
        if not self._queue.full():
            self._queue.put_nowait(None)

    async def lines(self) -> AsyncIterator[str]:
        """Every line until the end."""
        while (line := await self._queue.get()) is not None:
            yield line


class Control:
    """The control interface of one server."""

    def __init__(self, operations: Operations, desk: Desk, weather: ScriptedWeather, names: frozenset[str]) -> None:
        self._operations = operations
        self._region = operations.region
        self._desk = desk
        self._weather = weather
        self._names = LOCAL_NAMES | names
        self._followers: set[Follower] = set()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request below ``/_emulator/``."""
        request_id = self._region.mint.uuid()
        if not self.trusted(request):
            return respond({"message": "Only for pages of this machine."}, request_id, 403)
        try:
            return await self._route(request, request.path.removeprefix(PREFIX).strip("/").split("/"))
        except ServiceError as error:
            return respond({"code": error.code, "message": error.message}, request_id, error.status)
        except (InvalidInput, BadBody, ValueError, KeyError, TypeError) as error:
            return respond({"message": f"{type(error).__name__}: {error}"}, request_id, 400)

    def trusted(self, request: web.BaseRequest) -> bool:
        """Neither a foreign page nor a foreign name led here."""
        origin = request.headers.get("Origin")
        hosts = [f"//{request.headers.get('Host', '')}"] + ([origin] if origin is not None else [])
        return all(_hostname(host) in self._names for host in hosts)

    def shut(self) -> None:
        """End every stream."""
        for follower in self._followers:
            follower.end()

    # --- routing ---------------------------------------------------------------------------------------
    async def _route(self, request: web.BaseRequest, parts: list[str]) -> web.StreamResponse:
        match request.method, parts:
            case "GET", ["offers"]:
                return await self._offers(request)
            case "GET", ["timeline"]:
                return await self._timeline(request)
            case "GET", _:
                return self._json(self._show(parts))
            case (("POST" | "PUT"), _):
                return self._json(self._change(parts, await self._body(request)))
            case _:
                raise not_found(NO_SUCH_CONTROL)

    def _show(self, parts: list[str]) -> Body:
        match parts:
            case ["contacts"]:
                return {"contacts": [summary(chat) for chat in self._region.chats()]}
            case ["contacts", contact_id]:
                return whole(self._region.chat(contact_id))
            case ["transcripts", contact_id]:
                return s3_form(self._region.chat(contact_id), contact_id)
            case ["weather"]:
                return self._weather.record()
            case ["clock"]:
                return self._clock()
            case ["workbench"]:
                return {"workbench": self._region.workbench and self._region.workbench.state()}
            case _:
                raise not_found(NO_SUCH_CONTROL)

    def _change(self, parts: list[str], body: Body) -> Body:
        match parts:
            case ["contacts", contact_id, "go-back"] if self._region.workbench is not None:
                return self._region.workbench.go_back(contact_id, str(body["itemId"]))
            case ["contacts", contact_id, verb]:
                return perform(self._desk, contact_id, verb, body)
            case ["weather"]:
                rules, seed = read_weather(body)
                self._weather.set(rules, seed=seed)
                return self._weather.record()
            case ["clock"]:
                return self._set_clock(body)
            case ["replay"]:
                return {"contactId": self._replay(body)}
            case ["forget-client-tokens"]:
                self._desk.forget_client_tokens()
                return {}
            case _:
                raise not_found(NO_SUCH_CONTROL)

    def _replay(self, body: Body) -> str:
        return replay(
            self._operations,
            body["transcript"],
            instance_id=str(body.get("instanceId", INSTANCE_ID)),
            flow_id=str(body.get("flowId", "default")),
            pace=float(body.get("pace", 1.0)),
        )

    def _json(self, body: Body) -> web.Response:
        return respond(body, self._region.mint.uuid())

    async def _body(self, request: web.BaseRequest) -> Body:
        return read_json(await read_body(request, self._region.settings), request)

    # --- the clock -------------------------------------------------------------------------------------
    def _clock(self) -> Body:
        clock = self._region.clock
        return {"now": self._region.iso(clock.milliseconds()), "pace": clock.pace}

    def _set_clock(self, body: Body) -> Body:
        for name in ("pace", "scale"):
            if name in body:
                self._region.set_pace(float(body[name]))
        if "advance" in body:
            self._region.leap(float(body["advance"]))
        return self._clock()

    # --- streams ---------------------------------------------------------------------------------------
    async def _offers(self, request: web.BaseRequest) -> web.StreamResponse:
        def listen(happening: Happening) -> None:
            if isinstance(happening, BotWanted):
                follower.put(encode(offer(happening.chat)))

        with self._following() as follower:
            for chat in self._region.offers.values():
                follower.put(encode(offer(chat)))
            self._region.listeners.append(listen)
            try:
                return await _stream(request, follower, "application/x-ndjson", "{}\n")
            finally:
                self._region.listeners.remove(listen)

    async def _timeline(self, request: web.BaseRequest) -> web.StreamResponse:
        since = int(request.query.get("since", request.headers.get("Last-Event-ID", "0")))
        entries = self._region.timeline.entries(since)
        if "text/event-stream" not in request.headers.get("Accept", ""):
            return self._json({"entries": [entry.record() for entry in entries]})

        def follow(entry: Entry) -> None:
            follower.put(f"id: {entry.number}\ndata: {encode(entry.record())}")

        with self._following() as follower:
            for entry in entries:
                follow(entry)
            self._region.timeline.followers.append(follow)
            try:
                return await _stream(request, follower, "text/event-stream", "{}\n\n")
            finally:
                self._region.timeline.followers.remove(follow)

    @contextmanager
    def _following(self) -> Any:
        follower = Follower()
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)


async def _stream(request: web.BaseRequest, follower: Follower, content_type: str, form: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": content_type, "Cache-Control": "no-store"})
    await response.prepare(request)
    try:
        async for line in follower.lines():
            await response.write(form.replace("{}", line).encode("utf-8", "replace"))
        await response.write_eof()
    except ConnectionError:  # the listener went away: that is how such a stream ends
        return response
    return response


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def summary(chat: Chat) -> Body:
    """A chat in one line of the list."""
    return {
        "contactId": chat.contact_id,
        "initialContactId": chat.initial_contact_id,
        "instanceId": chat.instance_id,
        "contactFlowId": chat.segment.flow_id,
        "state": "ended" if chat.ended else "active",
        "disconnectReason": chat.segment.reason,
        "block": chat.flow.at,
        "offered": chat.initial_contact_id in chat.region.offers,
        "queue": chat.segment.queue,
        "customer": chat.customer.name,
        "present": [one.role.value for one in chat.participants.values() if one.here],
        "items": len(chat.transcript),
    }


def whole(chat: Chat) -> Body:
    """A chat with participants, segments, attributes and transcript; no secrets."""
    participants = [
        {**p.fields(), "Presence": p.presence.value, "Sockets": len(p.connections)} for p in chat.participants.values()
    ]
    segments = [
        {"contactId": s.contact_id, "method": s.method, "queue": s.queue, "reason": s.reason} for s in chat.segments
    ]
    return summary(chat) | {
        "attributes": dict(chat.attributes),
        "participants": participants,
        "segments": segments,
        "transcript": list(chat.transcript.items),
    }
