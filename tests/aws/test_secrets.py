"""No token and no word of a customer leaves through errors, tracebacks or logs, at any log level."""

import logging
import traceback

import pytest
from aiohttp import web

from agent.aws.quiet import hush, mute_logger
from agent.errors import ConnectError
from agent.ids import ClientToken, ContactId, ContactKey, InstanceId, Secret
from tests.aws.conftest import BOTH_WAYS, Opening, Peer, answer

TOKEN = "QVFJREFITOKEN" * 10
WORDS = "my pin is 1234"
SECRETS = (TOKEN, WORDS, "sig-9876")
QUOTABLE = {"CreateParticipant", "DescribeContact"}
"""Requests without a customer's words: what AWS says about them cannot quote any, so it is shown."""
KEY = ContactKey(InstanceId("i"), ContactId("c"))
LIBRARIES = ("", "botocore", "botocore.endpoint", "botocore.parsers", "aiobotocore", "aiohttp", "websockets", "asyncio")


def assert_clean(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger that matters wide open, as by someone who debugs something else."""
    for name in LIBRARIES:
        caplog.set_level(logging.DEBUG, logger=name or None)
    return caplog


async def call_everything(opened: object) -> list[ConnectError]:
    connect, participant = opened.connect, opened.participant  # type: ignore[attr-defined]
    token, ct = Secret(TOKEN), ClientToken("ct")
    calls = [
        lambda: connect.create_participant(KEY, display_name="B", client_token=ct),
        lambda: connect.update_contact_attributes(KEY.instance_id, KEY.contact_id, {"note": WORDS}),
        lambda: connect.describe_contact(KEY),
        lambda: participant.create_participant_connection(token),
        lambda: participant.send_message(token, content=WORDS, content_type="text/plain", client_token=ct),
        lambda: participant.send_event(token, content_type="e", content=WORDS, client_token=ct),
        lambda: participant.get_transcript(token, next_token=TOKEN),
        lambda: participant.disconnect_participant(token, client_token=ct),
    ]
    met: list[ConnectError] = []
    for call in calls:
        try:
            await call()
        except ConnectError as error:
            met.append(error)
    return met


@pytest.mark.parametrize(
    "said",
    [
        answer(400, {"message": f"{WORDS}: {TOKEN}"}, x_amzn_ErrorType="ValidationException"),
        answer(403, {"Message": f"token={TOKEN}\n{WORDS}"}, x_amzn_ErrorType=f"{TOKEN} {WORDS}"),
        answer(500, content=f"<html>{TOKEN} {WORDS}</html>".encode()),
        answer(200, content=f"{TOKEN} {WORDS}".encode()),
        answer(200, [TOKEN, WORDS]),
        answer(200, {"Id": [WORDS], "ParticipantId": {TOKEN: 1}, "Contact": WORDS, "Transcript": WORDS}),
        answer(302, location=f"http://127.0.0.1:1/{TOKEN}"),
        f"HTTP/1.1 200 OK\r\n{TOKEN} {WORDS}\r\n\r\n".encode(),
        None,
    ],
)
@BOTH_WAYS
async def test_failures_and_debug_logs_are_clean(
    peer: Peer, ports: Opening, everything_logged: pytest.LogCaptureFixture, said: bytes | None
) -> None:
    """Neither str, repr, traceback nor any log record at DEBUG holds a secret, whatever the service answers."""
    peer.answers(said)
    async with ports() as opened:
        met = await call_everything(opened)
    assert len(met) >= 5
    for error in met:
        told = str(error) + repr(error) + "".join(traceback.format_exception(error))
        assert_clean(told.replace(WORDS, "") if error.operation in QUOTABLE else told)
    assert_clean(everything_logged.text)


@BOTH_WAYS
async def test_successes_leave_clean_debug_logs(
    peer: Peer, ports: Opening, everything_logged: pytest.LogCaptureFixture
) -> None:
    """botocore would print headers and bodies both ways; here it does not, even when asked to."""
    credentials = {"ConnectionToken": TOKEN, "Expiry": "2026-11-06T10:15:01Z"}
    peer.answers(
        answer(
            200,
            {
                "Id": "i",
                "AbsoluteTime": "t",
                "ParticipantId": "p",
                "ParticipantCredentials": {"ParticipantToken": TOKEN},
                "Websocket": {"Url": "wss://x/?sig-9876", "ConnectionExpiry": "2026-11-06T10:15:01Z"},
                "ConnectionCredentials": credentials,
                "Transcript": [{"Content": WORDS}],
                "Contact": {"Channel": "CHAT", "Attributes": {"note": WORDS}},
            },
        )
    )
    async with ports() as opened:
        assert await call_everything(opened) == []
        made = await opened.participant.create_participant_connection(Secret(TOKEN))
        page = await opened.participant.get_transcript(Secret(TOKEN))
        described = await opened.connect.describe_contact(KEY)
    assert_clean(repr((made, page, described)) + everything_logged.text)


async def test_a_websocket_leaves_clean_debug_logs(everything_logged: pytest.LogCaptureFixture) -> None:
    """websockets would print the signed path, the headers and every frame."""
    from agent.aws.pulling import pulled
    from agent.aws.settings import SocketSettings
    from agent.aws.websocket import WebsocketsSocketPort

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = WebsocketsSocketPort(SocketSettings(allowed_hosts=frozenset({"127.0.0.1"})))
    async with pulled(port, Secret(f"ws://127.0.0.1:{runner.addresses[0][1]}/?sig-9876")) as socket:
        socket.send(WORDS)
        assert await socket.receive() == WORDS
        assert_clean(repr(socket))
    await runner.cleanup()
    assert_clean(everything_logged.text)


def test_warnings_of_the_libraries_still_pass(caplog: pytest.LogCaptureFixture) -> None:
    """Only DEBUG is shut."""
    hush()
    hush()
    logger = logging.getLogger("botocore.endpoint")
    assert len(logger.filters) == 1
    caplog.set_level(logging.DEBUG, logger="botocore.endpoint")
    logger.debug("never")
    logger.info("seen")
    assert caplog.messages == ["seen"]


def test_the_websocket_logger_cannot_be_switched_on() -> None:
    """It is no part of the tree of loggers."""
    assert not mute_logger().isEnabledFor(logging.CRITICAL)
    assert mute_logger() is not logging.getLogger("websockets")
