"""Offers by POST, over a real socket: each caller hears what became of its contact, and nothing before that."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import anyio
import pytest

from agent.clock import SystemClock
from agent.daemon.sources.http import LARGEST, HttpSettings, HttpSource, http_source
from agent.daemon.sources.permit import Permit, signature
from agent.errors import InvalidSetting, PortInUse
from agent.ids import Secret
from agent.ports import Claimable, Declined
from agent.telemetry import Happening
from tests.daemon.sources.forms import by_sns, contact_event, flow_event, own

BOUND = 50


@dataclass
class Answer:
    status: int
    body: dict[str, str]
    headers: Any


@dataclass
class Scene:
    """A source that listens, and a caller."""

    source: HttpSource
    address: str
    http: aiohttp.ClientSession
    told: list[Happening] = field(default_factory=list)

    async def post(self, body: Any, *, method: str = "POST", path: str = "/offers", **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        async with self.http.request(method, self.address + path, data=content, headers=named) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)


@asynccontextmanager
async def _scene(**settings: Any) -> AsyncIterator[Scene]:
    told: list[Happening] = []
    wanted = HttpSettings(**{"permit": Permit(), "patience": 30.0, **settings})
    with anyio.fail_after(BOUND):
        async with (
            http_source(wanted, clock=SystemClock(), report=told.append) as source,
            aiohttp.ClientSession() as http,
        ):
            yield Scene(source, str(told[0].fields["address"]), http, told)


async def _serve(offers: AsyncIterator[Claimable], seen: list[Claimable], decline: Declined | None = None) -> None:
    async for claimable in offers:
        seen.append(claimable)
        if decline is None:
            await claimable.done()
        else:
            await claimable.decline(decline)


@asynccontextmanager
async def _served(scene: Scene, decline: Declined | None = None) -> AsyncIterator[list[Claimable]]:
    seen: list[Claimable] = []
    async with scene.source.offers() as offers, anyio.create_task_group() as group:
        group.start_soon(_serve, offers, seen, decline)
        yield seen
        group.cancel_scope.cancel()


@pytest.mark.parametrize("tree", [own("c"), flow_event("c"), contact_event(contact="c"), by_sns(own("c"))])
async def test_a_caller_hears_of_its_contact_once_it_is_claimed(tree: Any) -> None:
    """In whatever form it offers it."""
    async with _scene() as scene, _served(scene) as seen:
        answer = await scene.post(tree)
        assert (answer.status, answer.body) == (202, {"status": "accepted"})
        assert [claimable.offer.key.contact_id for claimable in seen] == ["c"]


async def test_nothing_is_answered_before_the_contact_is_claimed() -> None:
    """A 202 means that a crash loses nothing."""
    async with _scene() as scene, scene.source.offers() as offers, anyio.create_task_group() as group:
        answers: list[Answer] = []

        async def call() -> None:
            answers.append(await scene.post(own()))

        group.start_soon(call)
        claimable = await anext(offers)
        await anyio.wait_all_tasks_blocked()
        assert answers == []
        await claimable.done()


@pytest.mark.parametrize(
    ("why", "status", "words"),
    [(Declined.FULL, 503, "full"), (Declined.RESTING, 503, "again"), (Declined.NOT_OURS, 422, "routing.rules")],
)
async def test_a_declined_offer_is_told(why: Declined, status: int, words: str) -> None:
    """A full worker says when to come again, and hangs up so that another may be reached."""
    async with _scene() as scene, _served(scene, why):
        answer = await scene.post(own())
        assert (answer.status, words in answer.body["error"]) == (status, True)
        assert ("Retry-After" in answer.headers) is (status == 503)


async def test_a_worker_that_takes_nothing_says_so() -> None:
    """Before it serves, and while it drains; also to those who already wait."""
    async with _scene() as scene:
        early = await scene.post(own())
        assert (early.status, early.headers["Retry-After"]) == (503, "1")
        answers: list[Answer] = []

        async def call() -> None:
            answers.append(await scene.post(own()))

        async with anyio.create_task_group() as group, scene.source.offers() as offers:
            group.start_soon(call)
            group.start_soon(call)
            await anext(offers)
            while len(scene.source._waiting) < 2:
                await anyio.wait_all_tasks_blocked()
        assert [answer.status for answer in answers] == [503, 503]
        assert all("takes no contacts now" in answer.body["error"] for answer in answers)
        assert (await scene.post(own())).status == 503


async def test_a_caller_is_not_kept_for_ever() -> None:
    """The contact may be claimed later; its repetition is recognised then."""
    async with _scene(patience=0.05) as scene, scene.source.offers() as offers:
        answer = await scene.post(own())
        assert (answer.status, "in time" in answer.body["error"]) == (503, True)
        async with anyio.create_task_group() as group:
            group.start_soon(scene.post, own())
            claimable = await anext(offers)
        await claimable.done()


async def test_what_offers_nothing_is_accepted_and_counted() -> None:
    """There is nothing to do again."""
    async with _scene() as scene, _served(scene) as seen:
        answer = await scene.post(contact_event("DISCONNECTED"))
        assert (answer.status, answer.body) == (202, {"status": "skipped", "reason": "ended"})
        assert seen == []
        assert "offer.skipped" in [told.name for told in scene.told]


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        (lambda scene: scene.post(b"{not json"), 400, "no JSON"),
        (lambda scene: scene.post({}), 400, "no ContactId"),
        (lambda scene: scene.post(b"x" * (LARGEST + 1)), 413, str(LARGEST)),
        (lambda scene: scene.post(b"x", Content_Encoding="gzip"), 400, ""),
        (lambda scene: scene.post({}, path="/"), 404, "POST /offers"),
        (lambda scene: scene.post({}, method="PUT"), 405, "POST /offers"),
    ],
)
async def test_a_mistake_is_told_in_json(call: Callable[[Scene], Any], status: int, words: str) -> None:
    """With what is wrong."""
    async with _scene() as scene, _served(scene) as seen:
        answer = await call(scene)
        assert (answer.status, words in answer.body["error"], seen) == (status, True, [])


async def test_only_who_knows_the_secret_may_offer() -> None:
    """By the secret itself or by a signature; others are told why not, and the log is."""
    secret = Secret("hush")
    async with _scene(permit=Permit(secret=secret)) as scene, _served(scene):
        stranger = await scene.post(own())
        assert (stranger.status, stranger.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "offer.not_permitted" in [told.name for told in scene.told]
        assert (await scene.post(own(), Authorization="Bearer hush")).status == 202
        body, now = json.dumps(own()).encode(), int(SystemClock().now().timestamp())
        signed = {"Chat_Agent_Timestamp": str(now), "Chat_Agent_Signature": signature(secret, timestamp=now, body=body)}
        assert (await scene.post(body, **signed)).status == 202
        assert (await scene.post(body + b" ", **signed)).status == 401


async def test_a_body_that_never_comes_whole_is_given_up() -> None:
    """A caller may hang."""

    def port(scene: Scene) -> int:
        return int(scene.address.rpartition(":")[2])

    async with _scene(patience=0.05) as scene, await anyio.connect_tcp("127.0.0.1", port(scene)) as caller:
        await caller.send(b"POST /offers HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        assert b" 408 " in await caller.receive()


async def test_where_strangers_could_reach_it_a_secret_is_needed() -> None:
    """Nothing listens before that is clear."""
    with pytest.raises(InvalidSetting, match=r"source\.secret"):
        async with _scene(host="0.0.0.0"):
            pass


async def test_an_address_that_is_not_this_machine_s_is_told() -> None:
    """With the setting."""
    with pytest.raises(InvalidSetting, match=r"source\.host"):
        async with _scene(host="203.0.113.1", permit=Permit(secret=Secret("hush"))):
            pass


async def test_a_port_that_is_taken_is_told() -> None:
    """With the setting."""
    async with _scene() as scene:
        with pytest.raises(PortInUse, match=r"source\.port"):
            async with _scene(port=int(scene.address.rpartition(":")[2])):
                pass
