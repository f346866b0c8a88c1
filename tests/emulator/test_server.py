"""The running emulator, met by clients nobody here wrote: boto3, aiobotocore, websockets, plain HTTP."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import anyio
import anyio.lowlevel
import boto3
import pytest
import websockets
from aiobotocore.session import get_session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from agent.emulator import INSTANCE_ID, Emulator, PortInUse, Settings, emulate, serve

SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
BOT = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}


async def blocking(call: Callable[..., Any], **params: Any) -> Any:
    """A boto3 call in a thread."""
    return await anyio.to_thread.run_sync(lambda: call(**params))


def boto(connect: Emulator, service: str) -> Any:
    """An unmodified boto3 client."""
    config = Config(retries={"max_attempts": 1})
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    return boto3.client(service, region_name="us-east-1", endpoint_url=connect.url, config=config, **keys)


async def item(socket: websockets.ClientConnection) -> dict[str, Any]:
    """The next chat item on a socket."""
    while True:
        frame = json.loads(await socket.recv())
        if frame.get("topic") == "aws/chat":
            found: dict[str, Any] = json.loads(frame["content"])
            return found


async def joined_bot(connect: Emulator, contact_id: str) -> tuple[str, str]:
    """A bot joined in process: its connection token and websocket URL."""
    params = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, "ParticipantDetails": BOT}
    token = connect.call("CreateParticipant", params)["ParticipantCredentials"]["ParticipantToken"]
    kinds = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
    answer = connect.call("CreateParticipantConnection", kinds, bearer=token)
    return answer["ConnectionCredentials"]["ConnectionToken"], answer["Websocket"]["Url"]


async def test_who_asks_before_sending_a_body_is_told_to(connect: Emulator) -> None:
    """Expect: 100-continue, as curl and Java's clients send it."""
    host, port = connect.url.removeprefix("http://").split(":")
    stream = await anyio.connect_tcp(host, int(port))
    async with stream:
        head = "POST /participant/message HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        await stream.send(head.encode())
        with anyio.fail_after(10):
            assert (await stream.receive()).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
            await stream.send(b"{}")
            assert (await stream.receive()).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/contact/stop", "InternalServiceException"), ("/participant/message", "InternalServerException")],
)
async def test_a_failure_of_ours_has_the_code_that_its_service_models(
    connect: Emulator, monkeypatch: pytest.MonkeyPatch, path: str, code: str
) -> None:
    """So that an SDK knows it, and tries again."""
    monkeypatch.setattr(connect.operations, "call", lambda *_, **__: 1 / 0)
    async with aiohttp.ClientSession() as session, session.post(connect.url + path, json={}) as answer:
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (500, code)


async def test_a_token_of_any_length_is_refused_in_awss_words(connect: Emulator) -> None:
    """Not by the HTTP server, whose words no SDK can read."""
    async with aiohttp.ClientSession() as session:
        headers = {"X-Amz-Bearer": "x" * 20_000}
        async with session.post(f"{connect.url}/participant/message", json={}, headers=headers) as answer:
            assert answer.status == 403
            assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"


async def test_a_whole_chat_with_boto3(connect: Emulator) -> None:
    """Customer and bot over the real wire, with unmodified clients."""
    control, chat = await blocking(boto, connect=connect, service="connect"), boto(connect, "connectparticipant")
    started = await blocking(
        control.start_chat_contact,
        InstanceId=INSTANCE_ID,
        ContactFlowId="0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11",
        ParticipantDetails={"DisplayName": "Ana"},
    )
    customer = await blocking(
        chat.create_participant_connection,
        Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"],
        ParticipantToken=started["ParticipantToken"],
    )
    async with websockets.connect(customer["Websocket"]["Url"]) as socket:
        await socket.send(SUBSCRIBE)
        assert (await item(socket))["ParticipantRole"] == "CUSTOMER"
        assert (await item(socket))["DisplayName"] == "SYSTEM_MESSAGE"
        bot = await blocking(
            control.create_participant,
            InstanceId=INSTANCE_ID,
            ContactId=started["ContactId"],
            ParticipantDetails=BOT,
        )
        credentials = await blocking(
            chat.create_participant_connection,
            Type=["CONNECTION_CREDENTIALS"],
            ConnectParticipant=True,
            ParticipantToken=bot["ParticipantCredentials"]["ParticipantToken"],
        )
        token = credentials["ConnectionCredentials"]["ConnectionToken"]
        await item(socket)
        sent = await blocking(chat.send_message, ContentType="text/plain", Content="Hi ü!", ConnectionToken=token)
        received = await item(socket)
        assert (received["Id"], received["Content"]) == (sent["Id"], "Hi ü!")
        transcript = await blocking(chat.get_transcript, ConnectionToken=token, StartPosition={})
        assert transcript["Transcript"][0]["Content"] == "Hi ü!"
        await blocking(chat.disconnect_participant, ConnectionToken=token)
        await blocking(control.stop_contact, InstanceId=INSTANCE_ID, ContactId=started["ContactId"])
        assert (await item(socket))["ContentType"].endswith("participant.left")
        assert (await item(socket))["ContentType"].endswith("chat.ended")


async def test_modelled_errors_arrive_as_their_classes(connect: Emulator) -> None:
    """boto3 raises the modelled class, with message, status and request id."""
    control, chat = boto(connect, "connect"), boto(connect, "connectparticipant")
    with pytest.raises(control.exceptions.ResourceNotFoundException) as caught:
        await blocking(
            control.describe_contact, InstanceId=INSTANCE_ID, ContactId="0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11"
        )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert caught.value.response["ResponseMetadata"]["RequestId"]
    assert caught.value.response["Error"]["Message"]
    with pytest.raises(chat.exceptions.AccessDeniedException):
        await blocking(chat.get_transcript, ConnectionToken="unknown")
    contact_id = connect.start_chat(connected=True)["ContactId"]
    await joined_bot(connect, contact_id)
    with pytest.raises(control.exceptions.ConflictException):
        await blocking(control.create_participant, InstanceId=INSTANCE_ID, ContactId=contact_id, ParticipantDetails=BOT)


async def test_records_and_attributes_with_boto3(connect: Emulator) -> None:
    """Timestamps parse, paths with ids route, attributes come back."""
    control = boto(connect, "connect")
    contact_id = connect.start_chat(connected=True, Attributes={"lang": "en"})["ContactId"]
    found = await blocking(control.describe_contact, InstanceId=INSTANCE_ID, ContactId=contact_id)
    assert found["Contact"]["InitiationTimestamp"].tzinfo is not None
    await blocking(
        control.update_contact_attributes,
        InstanceId=INSTANCE_ID,
        InitialContactId=contact_id,
        Attributes={"a": "b"},
    )
    arn = f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE_ID}"
    got = await blocking(control.get_contact_attributes, InstanceId=arn, InitialContactId=contact_id)
    assert got["Attributes"] == {"lang": "en", "a": "b"}


async def test_aiobotocore_unsigned(connect: Emulator) -> None:
    """The participant service needs no credentials [documented]."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    token, _ = await joined_bot(connect, contact_id)
    config = Config(signature_version=UNSIGNED)
    async with get_session().create_client(
        "connectparticipant", region_name="us-east-1", endpoint_url=connect.url, config=config
    ) as chat:
        await chat.send_event(ContentType="application/vnd.amazonaws.connect.event.typing", ConnectionToken=token)
        await chat.send_message(ContentType="text/plain", Content="hello", ConnectionToken=token)
        with pytest.raises(chat.exceptions.ValidationException):
            await chat.send_message(ContentType="text/plain", Content="x" * 16_385, ConnectionToken=token)
    assert connect.transcript(contact_id)[-1]["Content"] == "hello"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/participant/unknown"),
        ("GET", "/participant/message"),
        ("DELETE", "/contact/chat"),
        ("PATCH", "/contacts/a/b"),
        ("GET", "/%00/../etc/passwd"),
        ("POST", "/"),
        ("PROPFIND", "/participant/message"),
    ],
)
async def test_unknown_operations_and_wrong_verbs(connect: Emulator, method: str, path: str) -> None:
    """A 4xx in AWS's form, with CORS, never a traceback."""
    async with aiohttp.ClientSession() as http, http.request(method, connect.url + path, data=b"x" * 100) as answer:
        assert answer.status in (404, 405)
        assert answer.headers["x-amzn-ErrorType"] == "UnknownOperationException"
        assert answer.headers["x-amzn-RequestId"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert (await answer.json())["Message"]


BAD_BODIES = [
    b"{",
    b"[]",
    b"7",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b"\x00",
    b'{"a":NaN}',
    b'{"Content":"\\ud800","ContentType":"text/plain"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"ContentType":"text/plain","Content":7}',
    b'{"ContentType":["text/plain"],"Content":"x"}',
    b'{"ContentType":null,"Content":"x"}',
    b'{"ContentType":"text/plain","Content":{"a":1}}',
]


@pytest.mark.parametrize("body", BAD_BODIES)
async def test_bad_bodies(connect: Emulator, body: bytes) -> None:
    """Broken JSON, wrong types, lone surrogates, deep nesting: 400 ValidationException."""
    token, _ = await joined_bot(connect, connect.start_chat(connected=True)["ContactId"])
    headers = {"X-Amz-Bearer": token, "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{connect.url}/participant/message", data=body, headers=headers) as answer,
    ):
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationException")


@pytest.mark.parametrize("size", [2_000_000, 10_000_000])
async def test_a_large_body_is_answered(connect: Emulator, size: int) -> None:
    """10 MB are read to the end and refused, on the connection's own terms."""
    token, _ = await joined_bot(connect, connect.start_chat(connected=True)["ContactId"])
    headers = {"X-Amz-Bearer": token, "Content-Type": "application/json"}
    body = io.BytesIO(b'{"ContentType":"text/plain","Content":"' + b"x" * size + b'"}')
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{connect.url}/participant/message", data=body, headers=headers) as answer,
    ):
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationException")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
)
async def test_wrong_content_types(connect: Emulator, kind: str) -> None:
    """Anything but JSON is refused in the modelled way."""
    url, headers = f"{connect.url}/contact/chat", {"Content-Type": kind}
    async with aiohttp.ClientSession() as http, http.put(url, data=b"{}", headers=headers) as answer:
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "InvalidRequestException")


async def test_garbled_compression(connect: Emulator) -> None:
    """A body that says gzip and is none."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession() as http,
        http.put(f"{connect.url}/contact/chat", data=b"not gzip", headers=headers) as answer,
    ):
        assert answer.status == 400


PATHS = [
    "connection", "transcript", "message", "event", "disconnect", "attachment", "start-attachment-upload",
    "complete-attachment-upload", "authentication-url", "cancel-authentication", "views/token",
]  # fmt: skip
ASKED = "authorization,content-type,x-amz-bearer,x-amz-content-sha256,x-amz-date,x-amz-user-agent"


@pytest.mark.parametrize(
    "path", [f"/participant/{path}" for path in PATHS] + ["/contact/chat", "/websocket", "/_attachments/upload/x"]
)
async def test_preflight_on_every_path(connect: Emulator, path: str) -> None:
    """A browser's SDK may call from any origin, with the headers it asks for [client code]."""
    headers = {
        "Origin": "http://page.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ASKED,
    }
    async with aiohttp.ClientSession() as http, http.options(connect.url + path, headers=headers) as answer:
        assert answer.status == 204
        assert answer.headers["x-amzn-RequestId"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert set(ASKED.split(",")) <= set(answer.headers["Access-Control-Allow-Headers"].split(","))
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]


async def test_errors_can_be_read_by_a_page(connect: Emulator) -> None:
    """CORS on a 4xx too, with the error type exposed [client code]."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{connect.url}/participant/message", json={}, headers={"Origin": "http://p.example"}) as answer,
    ):
        assert answer.status == 403
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "x-amzn-ErrorType" in answer.headers["Access-Control-Expose-Headers"]
        assert (await answer.json())["__type"] == "AccessDeniedException"


async def test_the_websocket_url_is_one_that_chatjs_takes(connect: Emulator) -> None:
    """A literal address with its port [client code]."""
    _, url = await joined_bot(connect, connect.start_chat(connected=True)["ContactId"])
    assert url.startswith(f"ws://127.0.0.1:{connect.port}/")


@pytest.mark.parametrize("query", ["", "?X-Amz-Connection=unknown", "?X-Amz-Connection=" + "x" * 3000])
async def test_a_wrong_url_is_refused_at_the_upgrade(connect: Emulator, query: str) -> None:
    """403, before any websocket exists."""
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(f"ws://127.0.0.1:{connect.port}/websocket{query}")
    assert caught.value.response.status_code == 403


async def test_a_plain_request_to_the_websocket(connect: Emulator) -> None:
    """No upgrade, no harm."""
    async with aiohttp.ClientSession() as http, http.get(f"{connect.url}/websocket") as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"\x00" * 10, 1003), ("x" * 40_000, 1009), ("x" * 1_000_000, 1009), (b"\x00" * 1_000_000, 1009)],
)
async def test_frames_that_close(connect: Emulator, payload: str | bytes, code: int) -> None:
    """Binary and oversized frames close cleanly, and the emulator lives on."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    _, url = await joined_bot(connect, contact_id)
    async with websockets.connect(url) as socket:
        await socket.send(payload)
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await socket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == code
    connect.agent_joins(contact_id)


async def test_a_close_code_from_the_desk(connect: Emulator) -> None:
    """Sockets can be closed with any code."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    _, url = await joined_bot(connect, contact_id)
    async with websockets.connect(url) as socket:
        await socket.send(SUBSCRIBE)
        await socket.recv()
        assert connect.close_sockets(contact_id, 4321) == 1
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await socket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4321


async def test_an_abrupt_end(connect: Emulator) -> None:
    """1006 is no frame: the connection just breaks."""
    contact_id = connect.start_chat(connected=True)["ContactId"]
    _, url = await joined_bot(connect, contact_id)
    async with websockets.connect(url) as socket:
        await socket.send(SUBSCRIBE)
        await socket.recv()
        connect.close_sockets(contact_id, 1006)
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await socket.recv()
        assert caught.value.rcvd is None


async def test_a_reader_that_does_not_read_is_cut_off() -> None:
    """Its buffer is bounded: the socket goes, memory does not grow."""
    async with emulate(settings=Settings(send_buffer_limit=10_000)) as connect:
        contact_id = connect.start_chat(connected=True)["ContactId"]
        token, url = await joined_bot(connect, contact_id)
        path = url.split(str(connect.port), 1)[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", connect.port, limit=64)
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        writer.write((head + key).encode() + b"\x81\xbb\x00\x00\x00\x00" + SUBSCRIBE.encode())
        message = {"ContentType": "text/plain", "Content": "x" * 16_000}
        with anyio.fail_after(20):
            while not len(connect.gateway):
                await anyio.lowlevel.checkpoint()
            while len(connect.gateway):
                connect.call("SendMessage", message, bearer=token)
                await anyio.lowlevel.checkpoint()
        writer.close()
        del reader


async def test_a_port_in_use_is_told() -> None:
    """One sentence, its own class."""
    async with emulate() as connect:
        with pytest.raises(PortInUse, match=f"Port {connect.port} on 127.0.0.1 is in use"):
            await serve(port=connect.port)


async def test_serve_runs_until_cancelled() -> None:
    """Ready is told once it listens; cancellation closes it."""
    ready: list[Emulator] = []
    async with anyio.create_task_group() as group:

        def stop(emulator: Emulator) -> None:
            ready.append(emulator)
            group.cancel_scope.cancel()

        group.start_soon(lambda: serve(on_ready=stop))
    assert ready[0].url.startswith("http://127.0.0.1:")


async def test_quotas_answer_429(connect: Emulator) -> None:
    """Turned on, the documented burst passes and the next call is throttled."""
    connect.region.quotas.enforced = True
    connect.region.set_pace(1e-6)
    token, _ = await joined_bot(connect, connect.start_chat(connected=True)["ContactId"])
    chat = boto(connect, "connectparticipant")
    for _ in range(5):
        connect.call("StartAttachmentUpload", {
            "ContentType": "image/png", "AttachmentSizeInBytes": 1, "AttachmentName": "a.png", "ClientToken": "t"
        }, bearer=token)  # fmt: skip
    with pytest.raises(ClientError) as caught:
        await blocking(
            chat.start_attachment_upload, ContentType="image/png", AttachmentSizeInBytes=1,
            AttachmentName="a.png", ClientToken="t", ConnectionToken=token,
        )  # fmt: skip
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


async def test_attachments_over_http(connect: Emulator) -> None:
    """PUT with exactly HeadersToInclude, GET the same bytes back."""
    started = connect.start_chat(connected=True)
    token = connect.call(
        "CreateParticipantConnection", {"Type": ["CONNECTION_CREDENTIALS"]}, bearer=started["ParticipantToken"]
    )["ConnectionCredentials"]["ConnectionToken"]
    file = {"ContentType": "image/png", "AttachmentSizeInBytes": 4, "AttachmentName": "ü.png", "ClientToken": "t"}
    upload = connect.call("StartAttachmentUpload", file, bearer=token)
    where = upload["UploadMetadata"]
    async with aiohttp.ClientSession() as http:
        async with http.put(
            where["Url"], data=b"abc", headers=where["HeadersToInclude"] | {"Content-Length": "3"}
        ) as wrong:
            assert wrong.status == 400
        async with http.put(where["Url"], data=b"abcd", headers=where["HeadersToInclude"]) as put:
            assert put.status == 200
            assert put.headers["Access-Control-Allow-Origin"] == "*"
            assert put.headers["x-amzn-RequestId"]
        ids = {"AttachmentIds": [upload["AttachmentId"]], "ClientToken": "t"}
        connect.call("CompleteAttachmentUpload", ids, bearer=token)
        got = connect.call("GetAttachment", {"AttachmentId": upload["AttachmentId"]}, bearer=token)
        async with http.get(got["Url"]) as download:
            assert await download.read() == b"abcd"
        async with http.get(where["Url"].replace("upload", "download")) as refused:
            assert refused.status == 403
