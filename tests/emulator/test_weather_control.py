"""Bad weather set over HTTP, as a test in any language would, and what a client then meets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import anyio
import pytest

from agent.emulator import INSTANCE_ID, Emulator, Settings, emulate

SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
STARTED = {"InstanceId": INSTANCE_ID, "ContactFlowId": "no-bot", "ParticipantDetails": {"DisplayName": "Ana"}}
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stranger:
    """A client that knows an address and HTTP, and nothing of Python."""

    http: aiohttp.ClientSession
    url: str

    async def asks(self, method: str, path: str, body: Body | None = None, token: str = "") -> tuple[int, Body]:
        """One request: status and JSON answer."""
        headers = {"X-Amz-Bearer": token} if token else {}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def brews(self, *rules: Body, seed: int = 0) -> None:
        """PUT the weather."""
        status, _ = await self.asks("PUT", "/_emulator/weather", {"seed": seed, "rules": list(rules)})
        assert status == 200

    async def starts(self, **more: Any) -> tuple[str, str]:
        """A new chat: ContactId and participant token."""
        status, answer = await self.asks("PUT", "/contact/chat", STARTED | more)
        assert status == 200
        return answer["ContactId"], answer["ParticipantToken"]

    async def connects(self, participant_token: str) -> tuple[str, str]:
        """Connection token and websocket URL; the flow runs."""
        body = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        _, answer = await self.asks("POST", "/participant/connection", body, participant_token)
        return answer["ConnectionCredentials"]["ConnectionToken"], answer["Websocket"]["Url"]

    async def says(self, token: str, text: str, client_token: str | None = None) -> tuple[int, Body]:
        """SendMessage; without a ClientToken each is a new one."""
        body = {"ContentType": "text/plain", "Content": text} | ({"ClientToken": client_token} if client_token else {})
        return await self.asks("POST", "/participant/message", body, token)

    async def read(self, token: str) -> list[str]:
        """Every message of the transcript."""
        body = {"MaxResults": 100, "SortOrder": "ASCENDING"}
        _, answer = await self.asks("POST", "/participant/transcript", body, token)
        return [item["Content"] for item in answer["Transcript"] if item["Type"] == "MESSAGE"]


@pytest.fixture
async def stranger(connect: Emulator) -> AsyncIterator[Stranger]:
    """A stranger at a running emulator."""
    async with aiohttp.ClientSession() as http:
        yield Stranger(http, connect.url)


async def chatting(stranger: Stranger) -> str:
    """The connection token of a customer whose chat runs."""
    _, participant_token = await stranger.starts()
    return (await stranger.connects(participant_token))[0]


@pytest.mark.parametrize(("when", "said"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(("error", "status"), [("ThrottlingException", 429), ("InternalServerException", 500)])
async def test_errors_before_and_after_the_effect(
    stranger: Stranger, error: str, status: int, when: str, said: int
) -> None:
    """429 and 500: the call had no effect yet, or it had; the same ClientToken then says it once."""
    token = await chatting(stranger)
    await stranger.brews({"fault": "error", "error": error, "operation": "SendMessage", "when": when, "times": 1})
    assert (await stranger.says(token, "hello", "t"))[0] == status
    assert (await stranger.read(token)).count("hello") == said
    assert (await stranger.says(token, "hello", "t"))[0] == 200
    assert (await stranger.read(token)).count("hello") == 1


@pytest.mark.parametrize(("when", "said"), [("before", 0), ("after", 1)])
async def test_timeouts_before_and_after_the_effect(stranger: Stranger, when: str, said: int) -> None:
    """No answer ever comes, whether or not the call took effect."""
    token = await chatting(stranger)
    await stranger.brews({"fault": "timeout", "operation": "SendMessage", "when": when, "times": 1, "seconds": 0.01})
    with anyio.fail_after(10), pytest.raises(aiohttp.ClientError):
        await stranger.says(token, "hello", "t")
    assert (await stranger.read(token)).count("hello") == said


async def test_a_refused_subscription(stranger: Stranger) -> None:
    """`failure` while the weather lasts, and nothing is delivered; then the same socket subscribes."""
    _, participant_token = await stranger.starts()
    token, url = await stranger.connects(participant_token)
    await stranger.brews({"fault": "refuse-subscribe", "times": 1})
    async with stranger.http.ws_connect(url) as socket:
        await socket.send_str(SUBSCRIBE)
        assert (await socket.receive_json())["content"]["status"] == "failure"
        await stranger.says(token, "unheard")
        await socket.send_str(SUBSCRIBE)
        assert (await socket.receive_json())["content"]["status"] == "success"
        await stranger.says(token, "heard")
        assert json.loads((await socket.receive_json())["content"])["Content"] == "heard"


async def test_forgotten_client_tokens(stranger: Stranger) -> None:
    """After that, a repeated call is a new one."""
    token = await chatting(stranger)
    await stranger.says(token, "hello", "t")
    assert (await stranger.asks("POST", "/_emulator/forget-client-tokens", {}))[0] == 200
    await stranger.says(token, "hello", "t")
    assert (await stranger.read(token)).count("hello") == 2


async def test_a_faster_clock(stranger: Stranger) -> None:
    """At 100,000 seconds in one, the join window is over before the next call comes."""
    contact_id, participant_token = await stranger.starts(ChatDurationInMinutes=10_080)
    await stranger.connects(participant_token)
    details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}
    body = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, "ParticipantDetails": details}
    _, answer = await stranger.asks("POST", "/contact/create-participant", body)
    status, clock = await stranger.asks("POST", "/_emulator/clock", {"pace": 1e5})
    assert (status, clock["pace"]) == (200, 1e5)
    token = answer["ParticipantCredentials"]["ParticipantToken"]
    status, refusal = await stranger.asks("POST", "/participant/connection", {"Type": ["WEBSOCKET"]}, token)
    assert (status, refusal["__type"]) == (404, "ResourceNotFoundException")


async def test_calls_of_one_role_only(stranger: Stranger) -> None:
    """The customer is throttled; others, and the control plane, are not."""
    token = await chatting(stranger)
    await stranger.brews({"fault": "error", "error": "ThrottlingException", "role": "CUSTOMER"})
    assert (await stranger.says(token, "hello"))[0] == 429
    await stranger.starts()
    await stranger.brews({"fault": "error", "error": "ThrottlingException", "role": "CUSTOM_BOT"})
    assert (await stranger.says(token, "hello"))[0] == 200


RULES = [
    {"fault": "drop", "chance": 0.3},
    {"fault": "duplicate", "chance": 0.3},
    {"fault": "error", "error": "ThrottlingException", "operation": "SendMessage", "chance": 0.3},
    {"fault": "error", "operation": "Send*", "when": "after", "chance": 0.2},
    {"fault": "fail-ping", "chance": 0.5},
]


async def run(stranger: Stranger, weather: Body) -> tuple[Body, list[Any]]:
    """A run of two chats under a weather: the record of it, and all that the customers met."""
    await stranger.asks("PUT", "/_emulator/weather", weather)
    met: list[Any] = []
    for _ in range(2):
        _, participant_token = await stranger.starts()
        token, url = await stranger.connects(participant_token)
        async with stranger.http.ws_connect(url) as socket:
            await socket.send_str(SUBSCRIBE)
            met += [(await stranger.says(token, str(n)))[0] for n in range(20)]
            await socket.send_str('{"topic":"aws/ping"}')
            frames = [await socket.receive_json()]
            while frames[-1]["topic"] != "aws/ping":
                frames.append(await socket.receive_json())
            met += [frame.get("statusCode") or short(frame) for frame in frames]
    return (await stranger.asks("GET", "/_emulator/weather"))[1], met


def short(frame: Body) -> str:
    """What a frame says, without ids and times."""
    content = frame["content"]
    return str(json.loads(content).get("Content")) if isinstance(content, str) else str(content)


async def test_a_recorded_run_is_repeated_strike_by_strike() -> None:
    """The record that GET shows is itself a weather to PUT: another emulator then does exactly the same, and so does
    the same one again; with another seed it does not."""
    weather: Body = {"seed": 5, "rules": RULES}
    runs = []
    for _ in range(2):
        async with emulate(settings=Settings(seed=1)) as connect, aiohttp.ClientSession() as http:
            runs.append(await run(Stranger(http, connect.url), weather))
            runs.append(await run(Stranger(http, connect.url), runs[0][0]))
            other, _ = await run(Stranger(http, connect.url), weather | {"seed": 6})
        weather = runs[0][0]
    assert all(again == runs[0] for again in runs)
    assert len(runs[0][0]["strikes"]) > 10
    assert other["strikes"] != runs[0][0]["strikes"]
