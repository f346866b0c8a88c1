"""Frames: each kind of the server's is told apart, everything else is ignored with a reason."""

import json

import pytest
from hypothesis import given

from agent.wire.envelope import (
    HEARTBEAT,
    PING,
    SUBSCRIBE,
    ChatItem,
    Heartbeat,
    Ignored,
    Ping,
    Refusal,
    SubscribeAck,
    decode,
)
from agent.wire.items import Message, Unknown, parse_item
from tests.wire.samples import ACCEPTED, FORBIDDEN, MESSAGE, PING_BAD, PING_OK, REJECTED, any_frame, chat_frame


def test_the_texts_to_send_are_those_of_the_official_client() -> None:
    """To the letter."""
    assert SUBSCRIBE == '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
    assert HEARTBEAT == '{"topic":"aws/heartbeat"}'
    assert PING == '{"topic":"aws/ping"}'


def test_a_chat_frame_holds_json_within_json() -> None:
    """The content of a data frame is a string."""
    assert decode(chat_frame(MESSAGE)) == ChatItem(item=parse_item(MESSAGE))


def test_a_chat_frame_whose_content_is_an_object_is_read_too() -> None:
    """Should the service ever stop encoding twice."""
    assert decode(json.dumps({"topic": "aws/chat", "content": MESSAGE})) == ChatItem(item=parse_item(MESSAGE))


def test_a_chat_frame_that_makes_no_sense_stays_visible() -> None:
    """It may be a customer's message in a form we do not know."""
    decoded = decode(json.dumps({"topic": "aws/chat", "content": "{not json"}))
    assert isinstance(decoded, ChatItem)
    assert isinstance(decoded.item, Unknown)
    assert decoded.item.raw == {"value": "{not json"}


@pytest.mark.parametrize("content", [None, ""])
def test_an_empty_chat_frame_is_ignored(content: object) -> None:
    """There is nothing in it."""
    assert decode(json.dumps({"topic": "aws/chat", "content": content})) == Ignored(reason="empty chat frame")


def test_half_an_emoji_in_the_inner_json_does_not_lose_the_message() -> None:
    """The outer JSON is sound, the inner one is not."""
    inner = json.dumps(MESSAGE).replace("parcel", "parcel \\ud83d")
    decoded = decode(json.dumps({"topic": "aws/chat", "content": inner}))
    assert isinstance(decoded, ChatItem)
    assert isinstance(decoded.item, Message)
    assert decoded.item.text == "Where is my parcel \ufffd?"


@pytest.mark.parametrize("frame", ['{"topic":"aws/heartbeat"}', '{ "x": 1, "topic": "aws/heartbeat" }'])
def test_a_heartbeat_is_one_however_it_is_written(frame: str) -> None:
    """Other keys and spaces do not matter."""
    assert decode(frame) == Heartbeat()


def test_a_ping_says_whether_all_is_well() -> None:
    """Only 200 is well."""
    assert decode(PING_OK) == Ping(status_code=200)
    assert Ping(status_code=200).ok
    assert decode(PING_BAD) == Ping(status_code=500)
    assert not Ping(status_code=500).ok
    assert decode('{"topic":"aws/ping","statusCode":true}') == Ping(status_code=None)
    assert not Ping(status_code=None).ok


def test_an_acknowledgement_is_accepted_or_not() -> None:
    """It must cover the chat's topic, unless it lists none."""
    assert decode(ACCEPTED) == SubscribeAck(status="success", topics=("aws/chat",))
    assert SubscribeAck(status="success", topics=("aws/chat",)).accepted
    assert SubscribeAck(status="success").accepted
    assert not SubscribeAck(status="success", topics=("aws/other",)).accepted
    rejected = decode(REJECTED)
    assert isinstance(rejected, SubscribeAck)
    assert not rejected.accepted


def test_an_acknowledgement_of_the_wrong_shape_says_nothing() -> None:
    """Neither success nor failure."""
    assert decode('{"topic":"aws/subscribe"}') == SubscribeAck(status="")
    assert decode('{"topic":"aws/subscribe","content":{"status":1,"topics":"x"}}') == SubscribeAck(status="")


def test_an_error_of_the_gateway_has_no_topic() -> None:
    """Such as after a frame that it does not like."""
    assert decode(FORBIDDEN) == Refusal(message="Forbidden")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "empty frame"),
        (" \n", "empty frame"),
        (b"\x00\xff", "binary frame"),
        (HEARTBEAT.encode(), "binary frame"),
        ("hello", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "no JSON object"),
        ("x" * 1_000_000, "no JSON"),
        ('{"topic":"aws/other"}', "unknown topic"),
        ('{"topic":7}', "no topic"),
        ("{}", "no topic"),
    ],
)
def test_anything_else_is_ignored_with_a_reason(frame: str | bytes, reason: str) -> None:
    """And the reason holds nothing of the frame."""
    assert decode(frame) == Ignored(reason=reason)


@given(any_frame)
def test_no_frame_makes_the_decoder_raise(frame: str | bytes) -> None:
    """Decoding is total."""
    assert isinstance(decode(frame), SubscribeAck | Heartbeat | Ping | ChatItem | Refusal | Ignored)
