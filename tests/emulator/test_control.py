"""The emulator's own interface: offers, contacts, verbs, the clock, the timeline, and who may use it."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import anyio
import anyio.lowlevel
import pytest

from agent.emulator import INSTANCE_ID, Emulator


async def ask(connect: Emulator, method: str, path: str, **more: Any) -> tuple[int, Any]:
    """One control request: its status and JSON."""
    url = f"{connect.url}/_emulator/{path}"
    async with aiohttp.ClientSession() as http, http.request(method, url, **more) as answer:
        return answer.status, await answer.json()


async def test_offers_stream_waiting_and_new_contacts(connect: Emulator) -> None:
    """First what waits for a bot now, then each new contact as it comes; the no-bot flow offers none."""
    waiting = connect.start_chat(connected=True, Attributes={"lang": "en"})["ContactId"]
    taken = connect.start_chat(connected=True)["ContactId"]
    connect.agent_joins(taken)
    connect.start_chat(flow_id="no-bot", connected=True)
    async with aiohttp.ClientSession() as http, http.get(f"{connect.url}/_emulator/offers") as stream:
        assert stream.headers["Content-Type"].startswith("application/x-ndjson")
        with anyio.fail_after(10):
            first = json.loads(await stream.content.readline())
            new = connect.start_chat(connected=True)["ContactId"]
            second = json.loads(await stream.content.readline())
    assert first == {
        "InstanceId": INSTANCE_ID,
        "ContactId": waiting,
        "InitialContactId": waiting,
        "Attributes": {"lang": "en"},
        "Channel": "CHAT",
        "ContactFlowId": "default",
    }
    assert second["ContactId"] == new


async def test_a_listener_that_goes_away_is_forgotten(connect: Emulator) -> None:
    """Closed streams leave no listener behind."""
    before = len(connect.region.listeners)
    async with aiohttp.ClientSession() as http, http.get(f"{connect.url}/_emulator/offers"):
        assert len(connect.region.listeners) == before + 1
    with anyio.fail_after(10):
        while len(connect.region.listeners) > before:
            connect.start_chat(connected=True)
            await anyio.lowlevel.checkpoint()


async def test_contacts_can_be_looked_at(connect: Emulator) -> None:
    """State, participants and transcript, and no secret."""
    started = connect.start_chat(connected=True)
    status, listing = await ask(connect, "GET", "contacts")
    assert (status, [c["contactId"] for c in listing["contacts"]]) == (200, [started["ContactId"]])
    status, found = await ask(connect, "GET", f"contacts/{started['ContactId']}")
    assert found["state"] == "active"
    assert found["participants"][0]["DisplayName"] == "Customer"
    assert len(found["transcript"]) == 2
    assert started["ParticipantToken"] not in json.dumps([listing, found])


async def test_the_desk_by_http(connect: Emulator) -> None:
    """A human agent joins, talks and leaves."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    base = f"contacts/{contact_id}"
    assert (await ask(connect, "POST", f"{base}/agent-joins", json={"name": "Sam"}))[0] == 200
    assert (await ask(connect, "POST", f"{base}/agent-types"))[0] == 200
    assert (await ask(connect, "POST", f"{base}/agent-says", json={"text": "Hi, I am Sam"}))[0] == 200
    assert (await ask(connect, "POST", f"{base}/agent-leaves"))[0] == 200
    said = connect.transcript(contact_id)
    assert [item.get("Content") for item in said][3] == "Hi, I am Sam"
    assert (await ask(connect, "GET", base))[1]["disconnectReason"] == "AGENT_DISCONNECT"


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("lex-joins", {}),
        ("lex-says", {"text": "I am Lex"}),
        ("lex-leaves", {}),
        ("bot-leaves", {}),
        ("transfer", {"queue": "Sales"}),
        ("expire-tokens", {"role": "CUSTOM_BOT"}),
        ("close-sockets", {"code": 1006}),
        ("customer-leaves", {}),
        ("wait-fails", {}),
        ("stop", {"reason": "EXPIRED"}),
    ],
)
async def test_every_verb_answers(connect: Emulator, verb: str, body: dict[str, Any]) -> None:
    """Each is done, or refused in one sentence."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    assert (await ask(connect, "POST", f"contacts/{contact_id}/{verb}", json=body))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "contacts/unknown/stop", {}),
        ("POST", "contacts/{id}/dance", {}),
        ("POST", "contacts/{id}/agent-says", {"text": "nobody is here"}),
        ("POST", "contacts/{id}/expire-tokens", {"role": "KING"}),
        ("POST", "contacts/{id}/agent-joins", []),
        ("POST", "clock", {"pace": 0}),
        ("POST", "clock", {"pace": "fast"}),
        ("POST", "clock", {"pace": "nan"}),
        ("POST", "clock", {"pace": "inf"}),
        ("POST", "clock", {"advance": "inf"}),
        ("POST", "clock", {"advance": "nan"}),
        ("POST", "clock", {"advance": 1e300}),
        ("POST", "contacts/{id}/close-sockets", {"code": 70_000}),
        ("POST", "contacts/{id}/close-sockets", {"code": 5}),
        ("POST", "replay", {"transcript": []}),
        ("POST", "replay", {"transcript": {"Transcript": []}, "pace": "nan"}),
        ("PUT", "weather", {"rules": [{"fault": ["drop"]}]}),
        ("POST", "clock", {"advance": -1}),
        ("GET", "contacts/unknown", None),
        ("GET", "transcripts/unknown", None),
        ("GET", "nothing", None),
        ("DELETE", "contacts", None),
        ("GET", "timeline?since=x", None),
    ],
)
async def test_wrong_requests_are_told_so(connect: Emulator, method: str, path: str, body: Any) -> None:
    """4xx and a sentence."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    status, answer = await ask(connect, method, path.replace("{id}", contact_id), json=body)
    assert 400 <= status < 500
    assert answer["message"]


async def test_expired_tokens_stop_at_once(connect: Emulator) -> None:
    """The connection token is refused, a new connection works."""
    started = connect.start_chat(connected=True)
    kinds, token = {"Type": ["CONNECTION_CREDENTIALS"]}, started["ParticipantToken"]
    old = connect.call("CreateParticipantConnection", kinds, bearer=token)["ConnectionCredentials"]
    await ask(connect, "POST", f"contacts/{started['ContactId']}/expire-tokens")
    headers = {"X-Amz-Bearer": old["ConnectionToken"]}
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{connect.url}/participant/transcript", json={}, headers=headers) as refused:
            assert refused.status == 403
        new = connect.call("CreateParticipantConnection", kinds, bearer=token)["ConnectionCredentials"]
        headers = {"X-Amz-Bearer": new["ConnectionToken"]}
        async with http.post(f"{connect.url}/participant/transcript", json={}, headers=headers) as good:
            assert good.status == 200


async def test_the_clock_can_leap(connect: Emulator) -> None:
    """An hour and a bit pass at once: the chat that nobody connected to is over."""
    contact_id = connect.start_chat()["ContactId"]
    before = (await ask(connect, "GET", "clock"))[1]["now"]
    status, after = await ask(connect, "POST", "clock", json={"advance": 4000, "pace": 60})
    assert (status, after["pace"]) == (200, 60.0)
    assert after["now"] > before
    with anyio.fail_after(10):
        while not connect.region.chat(contact_id).ended:
            await anyio.lowlevel.checkpoint()


async def test_the_timeline_as_a_list(connect: Emulator) -> None:
    """Calls, items and contact events, in order, without secrets."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    started = connect.start_chat()
    async with aiohttp.ClientSession() as http:
        headers = {"X-Amz-Bearer": started["ParticipantToken"]}
        await http.post(f"{connect.url}/participant/connection", json={"Type": ["WEBSOCKET"]}, headers=headers)
    _, timeline = await ask(connect, "GET", "timeline")
    kinds = [entry["kind"] for entry in timeline["entries"]]
    assert {"contact", "flow", "item", "offer", "call"} <= set(kinds)
    call = next(entry for entry in timeline["entries"] if entry["kind"] == "call")
    assert (call["name"], call["status"], call["contactId"]) == (
        "CreateParticipantConnection", 200, started["ContactId"],
    )  # fmt: skip
    assert call["payload"]["response"]["Websocket"]["Url"] == "***"
    numbers = [entry["number"] for entry in timeline["entries"]]
    assert numbers == sorted(numbers)
    _, later = await ask(connect, "GET", f"timeline?since={numbers[-1]}")
    assert later["entries"] == []
    assert contact_id


async def test_the_timeline_as_a_stream(connect: Emulator) -> None:
    """Server-Sent Events: the past first, then live."""
    connect.start_chat()
    url, headers = f"{connect.url}/_emulator/timeline", {"Accept": "text/event-stream"}
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        with anyio.fail_after(10):
            assert (await stream.content.readline()).startswith(b"id: 1")
            data = await stream.content.readline()
            assert json.loads(data.removeprefix(b"data: "))["name"] == "INITIATED"
            connect.start_chat(name="Second")
            await stream.content.readline()
            assert (await stream.content.readline()).startswith(b"id: 2")


async def test_a_transcript_in_s3_form(connect: Emulator) -> None:
    """The file Connect would write for a segment [live]."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    _, file = await ask(connect, "GET", f"transcripts/{contact_id}")
    assert list(file) == [
        "Version", "AWSAccountId", "InstanceId", "InitialContactId", "ContactId", "Participants", "Transcript",
    ]  # fmt: skip
    assert file["Version"] == "2019-08-26"
    assert {"ParticipantId": file["Transcript"][0]["ParticipantId"]} in file["Participants"]
    assert not any("ContactId" in item or "InitialContactId" in item for item in file["Transcript"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "[::1"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "clock"), ("GET", "contacts"), ("GET", "timeline")])
async def test_foreign_pages_are_kept_out(connect: Emulator, headers: dict[str, str], method: str, path: str) -> None:
    """A web site cannot reach in, neither by a cross-site request nor by DNS rebinding."""
    status, _ = await ask(connect, method, path, headers=headers)
    assert status == 403


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:1"])
async def test_pages_of_this_machine_are_let_in(connect: Emulator, origin: str) -> None:
    """The emulator's own page, and a developer's."""
    assert (await ask(connect, "POST", "clock", headers={"Origin": origin}))[0] == 200


async def test_the_page_is_there(connect: Emulator) -> None:
    """``/`` answers HTML whether or not a page is installed; nothing leaks from beside it."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{connect.url}/") as page:
            assert page.status == 200
            assert page.content_type == "text/html"
        for path in ("../server.py", "%2e%2e/server.py", "nothing.js", "", "%00"):
            async with http.get(f"{connect.url}/_emulator/web/{path}") as refused:
                assert refused.status == 404
