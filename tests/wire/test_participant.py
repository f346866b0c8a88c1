"""One websocket's connection, told as it goes; time is a number."""

import pytest

from agent.wire.envelope import HEARTBEAT, PING, SUBSCRIBE
from agent.wire.items import parse_item
from agent.wire.participant import (
    Closed,
    Dead,
    Dropped,
    LinkEvent,
    LinkState,
    LinkTimings,
    ParticipantConnection,
    PingMissed,
    Received,
    Refused,
    Subscribed,
    SubscribeFailed,
    Unhealthy,
)
from tests.wire import samples
from tests.wire.samples import ACCEPTED, FORBIDDEN, MESSAGE, PING_BAD, PING_OK, REJECTED, chat_frame


class Watched(ParticipantConnection):
    """A connection that is driven deadline by deadline."""

    def texts(self) -> list[str]:
        return self.texts_to_send()

    def wait_until(self, now: float) -> list[LinkEvent]:
        """Lets time pass, waking at each deadline."""
        while (due := self.next_deadline()) is not None and due <= now:
            self.receive_time(due)
        return self.events_received()

    def hears(self, *frames: str | bytes, now: float) -> list[LinkEvent]:
        for frame in frames:
            self.receive_text(frame, now)
        return self.events_received()


def opened() -> Watched:
    connection = Watched(now=0.0)
    connection.socket_opened(0.0)
    return connection


def subscribed() -> Watched:
    connection = opened()
    assert connection.hears(ACCEPTED, PING_OK, samples.HEARTBEAT, now=0.1) == [Subscribed()]
    connection.texts()
    return connection


def test_an_open_socket_subscribes_and_beats_at_once() -> None:
    """In the order of the official client."""
    connection = Watched(now=0.0)
    assert connection.state is LinkState.OPENING
    assert connection.texts() == []
    connection.socket_opened(2.0)
    assert connection.texts() == [SUBSCRIBE, PING, HEARTBEAT]
    assert connection.texts() == []
    assert connection.next_deadline() == 3.0


def test_a_socket_that_does_not_open_before_its_url_expires_is_dead() -> None:
    """The URL is worth trying for 85 s."""
    connection = Watched(now=100.0)
    assert connection.next_deadline() == 185.0
    connection.receive_time(184.9)
    assert connection.events_received() == []
    connection.receive_time(185.0)
    assert connection.events_received() == [Dead("opening")]
    assert connection.next_deadline() is None
    connection.socket_opened(186.0)
    assert connection.texts() == []


def test_an_acknowledged_subscription_is_told_once() -> None:
    """The answer to a repeated subscribe changes nothing."""
    connection = opened()
    assert connection.hears(ACCEPTED, ACCEPTED, now=0.5) == [Subscribed()]
    assert connection.state is LinkState.SUBSCRIBED
    assert connection.next_deadline() == 10.0


def test_an_unanswered_subscribe_is_repeated_each_second_and_then_given_up() -> None:
    """Four in all."""
    connection = opened()
    connection.texts()
    for second in (1.0, 2.0, 3.0):
        assert connection.wait_until(second) == []
        assert connection.texts() == [SUBSCRIBE]
    assert connection.wait_until(4.0) == [SubscribeFailed("unanswered")]
    assert connection.state is LinkState.FAILED
    assert connection.texts() == []
    assert connection.next_deadline() is None


def test_a_late_acknowledgement_is_as_good_as_an_early_one() -> None:
    """Before the patience is over."""
    connection = opened()
    connection.wait_until(3.5)
    assert connection.hears(ACCEPTED, now=3.9) == [Subscribed()]


def test_a_rejected_subscribe_is_repeated_after_half_a_second() -> None:
    """And the next answer counts."""
    connection = opened()
    connection.texts()
    assert connection.hears(REJECTED, now=0.2) == []
    assert connection.state is LinkState.REJECTED
    assert connection.next_deadline() == 0.7
    connection.wait_until(0.7)
    assert connection.texts() == [SUBSCRIBE]
    assert connection.hears(ACCEPTED, now=0.8) == [Subscribed()]


def test_five_rejections_in_a_row_fail() -> None:
    """The fifth answer is the last."""
    connection = opened()
    for _ in range(4):
        assert connection.hears(REJECTED, now=0.0) == []
        connection.wait_until(0.5)
    assert connection.hears(REJECTED, now=0.0) == [SubscribeFailed("rejected")]
    assert connection.state is LinkState.FAILED


def test_a_success_between_makes_rejections_count_anew() -> None:
    """Only consecutive ones count."""
    connection = opened()
    connection.hears(REJECTED, REJECTED, REJECTED, REJECTED, ACCEPTED, now=0.0)
    assert connection.hears(REJECTED, REJECTED, REJECTED, REJECTED, now=0.1) == []
    assert connection.state is LinkState.REJECTED


def test_a_subscription_that_the_server_takes_back_is_asked_for_again() -> None:
    """A subscribed socket that hears of a failure must not stay deaf."""
    connection = subscribed()
    assert connection.hears(REJECTED, now=5.0) == []
    connection.wait_until(5.5)
    assert connection.texts() == [SUBSCRIBE]
    assert connection.hears(ACCEPTED, now=5.6) == [Subscribed()]


def test_an_acknowledgement_of_another_topic_is_no_answer() -> None:
    """The subscribe is still repeated."""
    connection = opened()
    other = '{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/other"]}}'
    assert connection.hears(other, now=0.1) == [Dropped("acknowledgement of something else")]
    assert connection.next_deadline() == 1.0


def test_items_are_delivered_before_the_acknowledgement_too() -> None:
    """As the official client does."""
    connection = opened()
    assert connection.hears(chat_frame(MESSAGE), now=0.1) == [Received(parse_item(MESSAGE))]
    connection.hears(REJECTED, now=0.2)
    assert connection.hears(chat_frame(MESSAGE), now=0.3) == [Received(parse_item(MESSAGE))]


def test_an_answered_heartbeat_is_followed_by_the_next_after_ten_seconds() -> None:
    """And so for hours."""
    connection = subscribed()
    for tick in range(1, 400):
        assert connection.wait_until(tick * 10.0) == []
        assert connection.texts() == [PING, HEARTBEAT]
        assert connection.hears(samples.HEARTBEAT, PING_OK, now=tick * 10.0 + 9.9) == []


def test_an_unanswered_heartbeat_means_that_the_socket_is_dead() -> None:
    """Whatever TCP says; a queued text is not sent any more."""
    connection = subscribed()
    connection.wait_until(10.0)
    assert connection.wait_until(20.0) == [Dead("heartbeat")]
    assert connection.state is LinkState.DEAD
    assert connection.texts() == []
    assert connection.next_deadline() is None


def test_other_frames_do_not_stand_in_for_a_heartbeat() -> None:
    """A server may still push what it has queued."""
    connection = subscribed()
    connection.wait_until(10.0)
    connection.hears(chat_frame(MESSAGE), PING_OK, now=15.0)
    assert connection.wait_until(20.0) == [Dead("heartbeat")]


def test_a_missed_ping_alone_is_only_told() -> None:
    """The official web client only reports it."""
    connection = subscribed()
    connection.wait_until(10.0)
    connection.hears(samples.HEARTBEAT, now=10.1)
    assert connection.wait_until(20.0) == [PingMissed()]
    assert connection.state is LinkState.SUBSCRIBED
    assert connection.texts()[-2:] == [PING, HEARTBEAT]


def test_a_bad_answer_to_a_ping_is_told_and_is_an_answer() -> None:
    """So it is not missed as well."""
    connection = subscribed()
    connection.wait_until(10.0)
    assert connection.hears(samples.HEARTBEAT, PING_BAD, now=10.1) == [Unhealthy(500)]
    assert connection.wait_until(20.0) == []


def test_a_refusal_of_the_gateway_is_told() -> None:
    """What to do about it is the owner's business."""
    connection = subscribed()
    assert connection.hears(FORBIDDEN, now=1.0) == [Refused("Forbidden")]
    assert connection.state is LinkState.SUBSCRIBED


def test_garbage_is_dropped_and_told_without_its_content() -> None:
    """Binary, empty, no JSON, a megabyte."""
    connection = subscribed()
    assert connection.hears(b"\x00", "", "garbage", "x" * 1_000_000, now=1.0) == [
        Dropped("binary frame"),
        Dropped("empty frame"),
        Dropped("no JSON"),
        Dropped("no JSON"),
    ]
    assert connection.state is LinkState.SUBSCRIBED


@pytest.mark.parametrize("connection", [Watched(now=0.0), opened(), subscribed()])
def test_a_closed_socket_is_told_with_its_code_and_then_nothing_more(connection: Watched) -> None:
    """From any state of an open or opening socket."""
    connection.socket_closed(1.0, 1001)
    connection.socket_closed(1.0, 1006)
    connection.receive_text(chat_frame(MESSAGE), 1.0)
    connection.receive_time(1000.0)
    assert connection.events_received() == [Closed(1001)]
    assert connection.texts() == []
    assert connection.next_deadline() is None


def test_after_death_a_late_item_and_the_closing_are_ignored() -> None:
    """The transcript brings what was missed."""
    connection = subscribed()
    connection.wait_until(20.0)
    connection.socket_closed(21.0)
    assert connection.hears(chat_frame(MESSAGE), ACCEPTED, now=21.0) == []
    assert connection.state is LinkState.CLOSED


def test_what_arrived_before_the_closing_is_still_told() -> None:
    """In order."""
    connection = subscribed()
    connection.receive_text(chat_frame(MESSAGE), 1.0)
    connection.socket_closed(1.0, 1000)
    assert connection.events_received() == [Received(parse_item(MESSAGE)), Closed(1000)]


def test_every_duration_is_a_setting() -> None:
    """Nothing is written in the machine itself."""
    timings = LinkTimings(heartbeat_interval=1.0, subscribe_patience=0.25, unanswered_subscribes=0)
    connection = Watched(now=0.0, settings=timings)
    connection.socket_opened(0.0)
    assert connection.next_deadline() == 0.25
    assert connection.wait_until(0.25) == [SubscribeFailed("unanswered")]


def test_a_single_allowed_rejection_fails_a_subscribed_socket_too() -> None:
    """Failed is heard of; deaf is not."""
    connection = Watched(now=0.0, settings=LinkTimings(rejected_subscribes=1))
    connection.socket_opened(0.0)
    connection.hears(ACCEPTED, now=0.0)
    assert connection.hears(REJECTED, now=0.1) == [SubscribeFailed("rejected")]
