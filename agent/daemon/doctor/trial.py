"""The check that has an effect, and so runs only when a flow is named for it: a real chat, joined by a real bot.

Whether an instance gives a custom participant a websocket is documented nowhere; this finds out, and ends the chat.
The chat counts and costs like any other.
"""

from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

import anyio

from agent.aws.inquiry import Answered
from agent.aws.pulling import pulled
from agent.aws.wiring import AwsPorts, aws_ports
from agent.daemon.assembly import aws_settings
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok, skipped, warn
from agent.daemon.doctor.replies import told
from agent.errors import ConnectError, SocketError
from agent.ids import ClientToken, ContactId, ContactKey, Secret
from agent.wire.envelope import SUBSCRIBE, SubscribeAck, decode

ANSWER = 10.0
"""Seconds for the answer to a subscription."""
_STREAMING = (
    "Set up message streaming to an SNS topic as the way in; the participant's calls work either way. "
    "The exact answer is worth a report to chat-agent."
)


async def websocket(exam: Exam) -> Sequence[Finding]:
    """Whether a custom participant gets a websocket and hears on it."""
    if exam.try_chat is None:
        return [
            skipped(
                "websocket",
                "only a real chat can tell whether this instance gives a bot a websocket",
                "Name a flow that offers its chats to nobody with --try-chat FLOW: it starts and ends one chat.",
            )
        ]
    async with aws_ports(aws_settings(exam.settings.connect)) as ports:
        return [await _tried(exam, ports, exam.try_chat)]


async def _tried(exam: Exam, ports: AwsPorts, flow: str) -> Finding:
    instance = exam.settings.connect.instance
    assert instance is not None  # noqa: S101 - this check needs the one of the instance
    started = await exam.ask(
        "connect",
        "StartChatContact",
        InstanceId=instance,
        ContactFlowId=flow,
        ParticipantDetails={"DisplayName": "chat-agent doctor"},
        ClientToken=str(uuid4()),
    )
    if not isinstance(started, Answered):
        return fail(
            "websocket",
            "no chat could be started",
            cause=told(started),
            remedy="Allow connect:StartChatContact for this trial, and check the flow's id.",
        )
    key = ContactKey(instance, ContactId(started.members["ContactId"]))
    try:
        return await _joined(ports, key, Secret(started.members["ParticipantToken"]))
    finally:
        with anyio.move_on_after(5, shield=True), suppress(ConnectError):
            await ports.connect.stop_contact(key)


async def _joined(ports: AwsPorts, key: ContactKey, customer: Secret) -> Finding:
    """The customer comes, then the bot; each with a websocket that is subscribed."""
    try:
        visitor = await ports.participant.create_participant_connection(customer)
        async with pulled(ports.sockets, visitor.url) as theirs:
            theirs.send(SUBSCRIBE)
            bot = await ports.connect.create_participant(
                key, display_name="chat-agent doctor", client_token=ClientToken(str(uuid4()))
            )
            connection = await ports.participant.create_participant_connection(bot.token)
            return await _heard(ports, connection.url)
    except ConnectError as error:
        return fail(
            "websocket",
            "a bot gets no websocket here",
            cause=f"{error.operation} answered {error.code or error.status or 'nothing'}",
            remedy=_STREAMING,
        )


async def _heard(ports: AwsPorts, url: Secret) -> Finding:
    try:
        async with pulled(ports.sockets, url) as socket:
            socket.send(SUBSCRIBE)
            with anyio.fail_after(ANSWER):
                while not isinstance(answer := decode(await socket.receive()), SubscribeAck):
                    pass
    except (SocketError, TimeoutError) as error:
        return fail("websocket", "the bot's websocket does not work", cause=str(error) or "silence", remedy=_STREAMING)
    if answer.accepted:
        return ok("websocket", "a bot gets a websocket, and its subscription is accepted")
    return warn(
        "websocket", "the bot's subscription is refused", cause=f"status {answer.status or 'none'}", remedy=_STREAMING
    )


TRIAL = (Check(name="websocket", probe=websocket, needs=("instance",)),)
