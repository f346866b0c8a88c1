"""The websocket as a pure state: subscribe, heartbeats, garbage, lifetimes, five sockets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage

SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'


def test_the_acknowledgement_comes_first(stage: Stage) -> None:
    """The ack's content is an object with status and topics, and precedes every item [client code]."""
    customer = stage.customer()
    first = json.loads(customer.socket.frames[0])
    assert first == {"topic": "aws/subscribe", "content": {"status": "success", "topics": ["aws/chat"]}}


def test_nothing_before_the_subscription_and_no_replay_after(stage: Stage) -> None:
    """Who has not subscribed gets nothing, and never what was said before [documented]."""
    customer = stage.customer()
    second = stage.dial(
        stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, customer.participant_token)["Websocket"][
            "Url"
        ]
    )
    customer.says("before")
    second.send(SUBSCRIBE)
    customer.says("after")
    assert second.words == ["after"]


def test_heartbeats_are_answered_in_any_state(stage: Stage) -> None:
    """Also before the subscription: ChatJS sends all three frames at once [client code]."""
    customer = stage.customer(connect=False).connect(subscribe=False)
    customer.socket.send('{"topic":"aws/ping"}')
    customer.socket.send('{"topic":"aws/heartbeat"}')
    assert json.loads(customer.socket.frames[0]) == {"topic": "aws/ping", "statusCode": 200, "statusContent": "OK"}
    assert json.loads(customer.socket.frames[1]) == {"topic": "aws/heartbeat"}


@pytest.mark.parametrize(
    "garbage",
    ["", "x", "null", "7", "[]", "{}", '{"topic":"aws/unknown"}', '{"topic":7}', '{"topic":["aws/ping"]}', "[" * 20_000,
     '{"topic":"aws/chat","content":"{}"}', "\x00", '"\ud800"'],
)  # fmt: skip
def test_garbage_is_forbidden(stage: Stage, garbage: str) -> None:
    """API Gateway's answer to what it has no route for [client code]; the socket stays open."""
    customer = stage.customer()
    customer.socket.send(garbage)
    assert json.loads(customer.socket.frames[-1])["message"] == "Forbidden"
    assert sorted(json.loads(customer.socket.frames[-1])) == ["connectionId", "message", "requestId"]
    customer.says("still here")
    assert customer.socket.words[-1] == "still here"


@pytest.mark.parametrize(
    "content", ["null", "7", "{}", '{"topics":"aws/chat"}', '{"topics":["aws/other"]}', '{"topics":[]}']
)
def test_a_subscription_to_something_else_fails(stage: Stage, content: str) -> None:
    """Only aws/chat can be subscribed."""
    customer = stage.customer(connect=False).connect(subscribe=False)
    customer.socket.send('{"topic":"aws/subscribe","content":' + content + "}")
    assert json.loads(customer.socket.frames[-1])["content"]["status"] == "failure"
    assert customer.reads_all() == []


def test_a_stray_parenthesis_is_forgiven(stage: Stage) -> None:
    """The iOS client's subscription ends in one [client code]."""
    customer = stage.customer(connect=False).connect(subscribe=False)
    customer.socket.send(SUBSCRIBE + ")")
    assert customer.socket.topics[0] == "aws/subscribe"


def test_a_long_frame_and_a_binary_one_close_the_socket(stage: Stage) -> None:
    """32 KB is API Gateway's frame limit; it knows no binary frames [inferred]."""
    customer = stage.customer()
    customer.socket.send("x" * 32_768)
    assert customer.socket.closed is None
    customer.socket.send("é" * 16_385)  # counted in bytes
    assert customer.socket.closed == 1009
    customer.connect()
    customer.socket.connection.receive_binary(b"\x00")
    assert customer.socket.closed == 1003


def test_a_url_must_be_dialled_in_100_seconds(stage: Stage) -> None:
    """After that it is refused [documented]."""
    customer = stage.customer()
    url = stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, customer.participant_token)["Websocket"][
        "Url"
    ]
    stage.passes(99)
    stage.dial(url)
    stage.dial(url)
    stage.passes(1)
    stage.refused("AccessDeniedException", lambda: stage.dial(url))
    stage.refused("AccessDeniedException", lambda: stage.dial("ws://127.0.0.1:1/?X-Amz-Connection=unknown"))


def test_a_url_for_single_use(build: type[Stage]) -> None:
    """Whether a URL may be used twice is a setting [inferred]."""
    stage = build(socket_url_reusable=False)
    customer = stage.customer()
    url = stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, customer.participant_token)["Websocket"][
        "Url"
    ]
    stage.dial(url)
    stage.refused("AccessDeniedException", lambda: stage.dial(url))


def test_a_socket_lives_an_hour(stage: Stage) -> None:
    """From the call to ConnectionExpiry, heartbeats or not [live; closing inferred]."""
    customer = stage.customer()
    for _ in range(59):
        stage.passes(60)
        customer.socket.send('{"topic":"aws/heartbeat"}')
    assert customer.socket.closed is None
    stage.passes(60)
    assert customer.socket.closed == 1001


def test_a_socket_may_outlive_its_hour_when_so_set(build: type[Stage]) -> None:
    """ConnectionExpiry is then only said."""
    stage = build(closes_at_lifetime=False, socket_idle_timeout=None)
    customer = stage.customer()
    stage.passes(7200)
    customer.says("still here")
    assert (customer.socket.closed, customer.socket.words[-1]) == (None, "still here")


def test_a_silent_socket_idles_out(stage: Stage) -> None:
    """Ten minutes without a frame close it, as API Gateway does [inferred]."""
    customer = stage.customer()
    stage.passes(500)
    customer.socket.send('{"topic":"aws/heartbeat"}')
    stage.passes(599)
    assert customer.socket.closed is None
    stage.passes(1)
    assert customer.socket.closed == 1001


def test_five_sockets_and_no_sixth(stage: Stage) -> None:
    """The sixth is refused, at the call and at the upgrade [documented limit, inferred reaction]."""
    customer = stage.customer()
    url = stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, customer.participant_token)["Websocket"][
        "Url"
    ]
    for _ in range(4):
        customer.connect()
    stage.refused("ThrottlingException", customer.connect)
    stage.refused("AccessDeniedException", lambda: stage.dial(url))
    customer.socket.connection.gone()
    customer.connect()


def test_the_oldest_of_six_goes_when_so_set(build: type[Stage]) -> None:
    """The other possible reaction."""
    stage = build(sixth_socket="close-oldest")
    customer = stage.customer()
    oldest = customer.socket
    for _ in range(5):
        customer.connect()
    assert oldest.closed == 1001
    assert len(stage.region.chat(customer.contact_id).customer.connections) == 5


def test_make_before_break_loses_nothing(stage: Stage) -> None:
    """While two sockets are open both receive; the closed one no longer counts."""
    customer = stage.customer()
    old = customer.socket
    customer.connect()
    customer.says("both")
    old.connection.gone()
    customer.says("one")
    assert old.words[-1] == "both"
    assert customer.socket.words == ["both", "one"]


def test_a_dropped_socket_changes_nothing_for_the_chat(stage: Stage) -> None:
    """The contact lives on when the customer's socket is lost [inferred]."""
    customer = stage.customer()
    customer.socket.connection.gone()
    assert "participant.left" not in customer.reads_all()


@pytest.mark.parametrize("code", [None, 1000, 4321])
def test_how_sockets_close_at_the_end_is_a_setting(build: type[Stage], code: int | None) -> None:
    """AWS does not say whether and how the server closes [inferred]."""
    stage = build(ended_close_code=code)
    customer = stage.customer()
    stage.desk.stop(customer.contact_id)
    assert customer.socket.words[-1] == "chat.ended"
    assert customer.socket.closed == code
