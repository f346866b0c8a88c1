"""Contact events, the flow's event and streamed items: their forms, and the three places they go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import boto3
import pytest
from aiohttp import web
from moto.server import ThreadedMotoServer

from agent.emulator import INSTANCE_ID, BadSink, Sink, emulate, read_sink
from tests.aws.moto import Moto

TOPIC = "arn:aws:sns:us-east-1:123456789012:chat-stream"
INSTANCE_ARN = f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE_ID}"


def lines(path: Path, number: int) -> list[dict[str, Any]]:
    """The lines of a sink's file: leaving the emulator has delivered them all."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(found) == number
    return found


async def test_contact_events_tell_the_life_of_a_contact(tmp_path: Path) -> None:
    """EventBridge's form, camelCase detail, in order [documented; chat samples composed]."""
    sink = Sink(kind="contact-events", to=f"file:{tmp_path / 'events'}")
    async with emulate(sinks=[sink]) as connect:
        contact_id = connect.start_chat(connected=True)["ContactId"]
        connect.agent_joins(contact_id)
        connect.agent_leaves(contact_id)
    events = lines(tmp_path / "events", 5)
    assert [event["detail"]["eventType"] for event in events] == [
        "INITIATED", "CONNECTED_TO_SYSTEM", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED",
    ]  # fmt: skip
    first, last = events[0], events[-1]
    assert (first["source"], first["detail-type"]) == ("aws.connect", "Amazon Connect Contact Event")
    assert first["resources"] == [f"{INSTANCE_ARN}/contact/{contact_id}", INSTANCE_ARN]
    assert (first["detail"]["channel"], first["detail"]["initiationMethod"]) == ("CHAT", "API")
    assert "initialContactId" not in first["detail"]
    assert "connectedToSystemTimestamp" not in first["detail"]
    assert last["detail"]["disconnectTimestamp"] >= last["detail"]["agentInfo"]["connectedToAgentTimestamp"]


async def test_later_segments_name_the_ones_before(tmp_path: Path) -> None:
    """initialContactId and previousContactId only on a transferred contact [documented samples]."""
    async with emulate(sinks=[Sink(kind="contact-events", to=f"file:{tmp_path / 'events'}")]) as connect:
        contact_id = connect.start_chat(connected=True)["ContactId"]
        new = connect.transfer(contact_id, queue="Sales")
    events = lines(tmp_path / "events", 6)
    queued = events[-1]["detail"]
    assert (queued["eventType"], queued["contactId"], queued["initiationMethod"]) == ("QUEUED", new, "QUEUE_TRANSFER")
    assert (queued["initialContactId"], queued["previousContactId"]) == (contact_id, contact_id)
    assert queued["queueInfo"]["queueArn"].endswith("/queue/Sales")


async def test_the_flow_event_when_a_bot_is_wanted(tmp_path: Path) -> None:
    """What the flow's Lambda would get [live]."""
    async with emulate(sinks=[Sink(kind="flow-events", to=f"file:{tmp_path / 'flow'}")]) as connect:
        contact_id = connect.start_chat(connected=True, Attributes={"lang": "en"})["ContactId"]
    (event,) = lines(tmp_path / "flow", 1)
    contact = event["Details"]["ContactData"]
    assert event["Name"] == "ContactFlowEvent"
    assert (contact["ContactId"], contact["Channel"], contact["Attributes"]) == (contact_id, "CHAT", {"lang": "en"})
    assert contact["InstanceARN"] == INSTANCE_ARN


@pytest.fixture
async def listener() -> AsyncIterator[tuple[str, list[tuple[str | None, str]]]]:
    """An HTTP address and what was posted to it: the SNS header and the body."""
    posted: list[tuple[str | None, str]] = []

    async def take(request: web.BaseRequest) -> web.Response:
        posted.append((request.headers.get("x-amz-sns-message-type"), await request.text()))
        return web.Response()

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/topic", posted
    await runner.cleanup()


async def test_streamed_items_as_sns_notifications(listener: tuple[str, list[tuple[str | None, str]]]) -> None:
    """Message is the websocket's item JSON; the attributes allow SNS filters [documented]."""
    url, posted = listener
    async with emulate(sinks=[Sink(kind="stream", to=url)]) as connect:
        started = connect.start_chat()
        params = {
            "InstanceId": INSTANCE_ID,
            "ContactId": started["ContactId"],
            "ClientToken": "t",
            "ChatStreamingConfiguration": {"StreamingEndpointArn": TOPIC},
        }
        streaming = connect.call("StartContactStreaming", params)
        kinds = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        token = connect.call("CreateParticipantConnection", kinds, bearer=started["ParticipantToken"])
        message = {"ContentType": "text/plain", "Content": "Where is my parcel?"}
        bearer = token["ConnectionCredentials"]["ConnectionToken"]
        connect.call("SendMessage", message, bearer=bearer)
        stop = {"InstanceId": INSTANCE_ID, "ContactId": started["ContactId"], "StreamingId": streaming["StreamingId"]}
        connect.call("StopContactStreaming", stop)
        connect.call("SendMessage", message | {"Content": "unheard"}, bearer=bearer)
    header, body = posted[-1]
    notification = json.loads(body)
    item = json.loads(notification["Message"])
    assert header == "Notification"
    assert (notification["Type"], notification["TopicArn"]) == ("Notification", TOPIC)
    assert (item["Content"], item["ParticipantRole"]) == ("Where is my parcel?", "CUSTOMER")
    values = {key: value["Value"] for key, value in notification["MessageAttributes"].items()}
    assert (values["ParticipantRole"], values["Type"], values["MessageVisibility"]) == ("CUSTOMER", "MESSAGE", "ALL")
    assert values["InitialContactId"] == item["InitialContactId"] == started["ContactId"]


async def test_an_sqs_queue_gets_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any AWS-compatible endpoint; here moto's server."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        sqs = boto3.client("sqs", region_name="us-east-1", endpoint_url=f"http://{host}:{port}")
        queue_url = sqs.create_queue(QueueName="contacts")["QueueUrl"]
        async with emulate(sinks=[Sink(kind="contact-events", to=f"sqs+{queue_url}")]) as connect:
            contact_id = connect.start_chat()["ContactId"]
        messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
        assert json.loads(messages[0]["Body"])["detail"]["contactId"] == contact_id
        sqs.close()
    finally:
        server.stop()


async def test_a_dead_destination_is_told_and_does_no_harm(unused_tcp_port: int) -> None:
    """Best effort: an entry in the timeline, and the chat goes on."""
    sink = Sink(kind="contact-events", to=f"http://127.0.0.1:{unused_tcp_port}/nobody")
    async with emulate(sinks=[sink]) as connect:
        contact_id = connect.start_chat(connected=True)["ContactId"]
        with anyio.fail_after(10):
            while not any(entry.name == "sink contact-events" for entry in connect.timeline.entries()):
                await anyio.lowlevel.checkpoint()
        assert connect.transcript(contact_id)


@pytest.mark.parametrize(
    "text", ["", "contact-events", "contact-events=", "x=file:y", "stream=ftp://x", "stream=queue"]
)
def test_wrong_sinks_are_told(text: str) -> None:
    """One sentence that shows a right one."""
    with pytest.raises(BadSink, match=r"KIND=DESTINATION|file:PATH"):
        read_sink(text)


def test_a_sink_in_words() -> None:
    """As the command line takes it."""
    assert read_sink("stream=https://example.org/x") == Sink(kind="stream", to="https://example.org/x")


async def test_at_most_two_streams() -> None:
    """A third endpoint is refused; the same one again is the same stream; FIFO topics are not taken."""
    async with emulate() as connect:
        contact_id = connect.start_chat()["ContactId"]

        def start(topic: str) -> dict[str, Any]:
            config = {"StreamingEndpointArn": topic}
            params = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, "ChatStreamingConfiguration": config}
            return connect.call("StartContactStreaming", params | {"ClientToken": topic})

        assert start(TOPIC) == start(TOPIC)
        start(TOPIC + "2")
        for topic, code in ((TOPIC + "3", "LimitExceededException"), (TOPIC + ".fifo", "InvalidRequestException")):
            with pytest.raises(Exception, match=code):
                start(topic)


async def test_streamed_items_are_published_to_the_topic_of_their_stream(moto: Moto) -> None:
    """A real Publish with the documented message attributes; SNS makes the notification, SQS brings it."""
    sns = boto3.client("sns", region_name="us-east-1", endpoint_url=moto.url)
    sqs = boto3.client("sqs", region_name="us-east-1", endpoint_url=moto.url)
    queue = sqs.create_queue(QueueName="items")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="chat-stream")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    async with emulate(sinks=[read_sink(f"stream=sns+{moto.url}")]) as connect:
        started = connect.start_chat(connected=True)
        config = {"StreamingEndpointArn": topic}
        params = {"InstanceId": INSTANCE_ID, "ContactId": started["ContactId"], "ChatStreamingConfiguration": config}
        connect.call("StartContactStreaming", params | {"ClientToken": "t"})
        connect.agent_joins(started["ContactId"])
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    notification = json.loads(message["Body"])
    item = json.loads(notification["Message"])
    values = {key: value["Value"] for key, value in notification["MessageAttributes"].items()}
    assert (notification["Type"], notification["TopicArn"]) == ("Notification", topic)
    assert item["ContentType"].endswith("participant.joined")
    assert values == {
        "InitialContactId": started["ContactId"],
        "ContactId": started["ContactId"],
        "ParticipantRole": "AGENT",
        "InstanceId": INSTANCE_ID,
        "AccountId": "123456789012",
        "Type": "EVENT",
        "ContentType": item["ContentType"],
        "MessageVisibility": "ALL",
    }
    sns.close()
    sqs.close()


async def test_a_topic_that_is_not_there_is_told_and_does_no_harm(moto: Moto) -> None:
    """As every dead destination."""
    async with emulate(sinks=[read_sink(f"stream=sns+{moto.url}")]) as connect:
        started = connect.start_chat(connected=True)
        params = {"InstanceId": INSTANCE_ID, "ContactId": started["ContactId"], "ClientToken": "t"}
        connect.call("StartContactStreaming", {**params, "ChatStreamingConfiguration": {"StreamingEndpointArn": TOPIC}})
        connect.agent_joins(started["ContactId"])
        with anyio.fail_after(60):
            while not any(entry.name == "sink stream" for entry in connect.timeline.entries()):
                await anyio.lowlevel.checkpoint()
        assert connect.transcript(started["ContactId"])


def test_only_streamed_items_go_to_sns() -> None:
    """Nothing else names a topic."""
    assert read_sink("stream=sns+https://sns.example").to == "sns+https://sns.example"
    with pytest.raises(BadSink, match="stream="):
        read_sink("contact-events=sns+http://127.0.0.1:5000")
