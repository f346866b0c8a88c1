"""Idle and auto-disconnect: when they run, what they tell, what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent.emulator import INSTANCE_ID

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage


def configure(stage: Stage, contact_id: str, *entries: tuple[str, str, object]) -> None:
    """UpdateParticipantRoleConfig; a value is minutes, or an action."""
    config = [
        {
            "ParticipantRole": role,
            "TimerType": kind,
            "TimerValue": {"ParticipantTimerAction": value}
            if isinstance(value, str)
            else {"ParticipantTimerDurationInMinutes": value},
        }
        for role, kind, value in entries
    ]
    channel: dict[str, Any] = {"Chat": {"ParticipantTimerConfigList": config}}
    params = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, "ChannelConfiguration": channel}
    assert stage.call("UpdateParticipantRoleConfig", params) == {}


IDLE, DISCONNECT = "IDLE", "DISCONNECT_NONCUSTOMER"


def test_idle_then_auto_disconnect_takes_the_bot_away(stage: Stage) -> None:
    """Idle first, auto-disconnect after it; the bot goes and Wait takes its branch [documented]."""
    customer = stage.customer()
    configure(stage, customer.contact_id, ("CUSTOMER", IDLE, 2), ("CUSTOMER", DISCONNECT, 3))
    bot = stage.bot(customer.contact_id)
    stage.passes(120)
    assert bot.socket.words[-1] == "participant.idle"
    assert bot.socket.items[-1]["ParticipantId"] == customer.id
    stage.passes(180)
    assert customer.socket.words[-2:] == ["participant.autodisconnection", "participant.left"]
    assert customer.socket.items[-1]["ParticipantId"] == bot.id
    assert not any(word.startswith(("participant.idle", "participant.auto")) for word in customer.reads_all())


def test_who_speaks_is_not_idle(stage: Stage) -> None:
    """A message sets the timer back; typing does not [documented; typing inferred]."""
    customer = stage.customer()
    configure(stage, customer.contact_id, ("CUSTOMER", IDLE, 2))
    bot = stage.bot(customer.contact_id)
    stage.passes(100)
    customer.says("here")
    stage.passes(100)
    customer.types()
    assert "participant.idle" not in bot.socket.words
    stage.passes(20)
    assert bot.socket.words[-1] == "participant.idle"
    customer.says("back")
    assert bot.socket.words[-2:] == ["participant.returned", "back"]


def test_typing_may_count_when_so_set(build: type[Stage]) -> None:
    """Then it sets the timer back as a message does."""
    stage = build(typing_resets_timers=True)
    customer = stage.customer()
    configure(stage, customer.contact_id, ("CUSTOMER", IDLE, 2))
    bot = stage.bot(customer.contact_id)
    stage.passes(100)
    customer.types()
    stage.passes(100)
    assert "participant.idle" not in bot.socket.words


def test_auto_disconnect_alone_starts_at_once(stage: Stage) -> None:
    """Without an idle timer it counts from the start [documented]."""
    customer = stage.customer()
    configure(stage, customer.contact_id, ("CUSTOMER", DISCONNECT, 2))
    stage.bot(customer.contact_id)
    stage.passes(120)
    assert customer.socket.words[-2:] == ["participant.autodisconnection", "participant.left"]


def test_the_configuration_is_frozen_when_the_bot_connects(stage: Stage) -> None:
    """Set it before the bot joins [documented]."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    configure(stage, customer.contact_id, ("CUSTOMER", IDLE, 2))
    stage.passes(300)
    assert "participant.idle" not in bot.socket.words
    stage.desk.agent_joins(customer.contact_id)
    stage.passes(120)
    assert customer.socket.words[-1] == "participant.idle"


def test_unset_takes_a_timer_away(stage: Stage) -> None:
    """The action Unset [documented]."""
    customer = stage.customer()
    configure(stage, customer.contact_id, ("CUSTOMER", IDLE, 2))
    configure(stage, customer.contact_id, ("CUSTOMER", IDLE, "Unset"))
    stage.bot(customer.contact_id)
    stage.passes(1000)
    assert "participant.idle" not in customer.socket.words


def test_an_idle_agent_is_disconnected(stage: Stage) -> None:
    """Agents have timers of their own [documented]."""
    customer = stage.customer()
    configure(stage, customer.contact_id, ("AGENT", IDLE, 2), ("AGENT", DISCONNECT, 2))
    stage.desk.agent_joins(customer.contact_id)
    stage.passes(240)
    assert customer.socket.words[-4:] == [
        "participant.idle",
        "participant.autodisconnection",
        "participant.left",
        "chat.ended",
    ]


def test_bots_need_not_hear_of_idleness(build: type[Stage]) -> None:
    """Whether these events reach a bot's socket is a setting [inferred]."""
    stage = build(idle_events_reach_bots=False)
    customer = stage.customer()
    configure(stage, customer.contact_id, ("CUSTOMER", IDLE, 2))
    bot = stage.bot(customer.contact_id)
    stage.passes(120)
    assert customer.socket.words[-1] == "participant.idle"
    assert "participant.idle" not in bot.socket.words


@pytest.mark.parametrize(
    "entry", [("CUSTOM_BOT", IDLE, 5), ("CUSTOMER", IDLE, 1), ("CUSTOMER", IDLE, 481), ("CUSTOMER", "NAP", 5)]
)
def test_wrong_configurations(stage: Stage, entry: tuple[str, str, object]) -> None:
    """2 to 480 minutes, for customer and agent only [documented]."""
    customer = stage.customer()
    stage.refused("InvalidRequestException", lambda: configure(stage, customer.contact_id, entry))
