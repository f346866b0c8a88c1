"""When time is over: the flow's, the customer's, the chat's, and the bot's own."""

from __future__ import annotations

from agent.record import Timer
from agent.session.conversation import Trigger, Turn
from tests.scenarios.endings import busy, is_over, waiting
from tests.scenarios.stage import PATIENT_SOCKETS, Customer, ScriptedBot, Stage, stage


async def test_the_wait_block_times_out_and_the_bot_stays() -> None:
    """The flow moves on without removing the bot, who must leave by itself."""
    async with stage(flows=waiting(), **PATIENT_SOCKETS) as scene:
        customer, bot = scene.customer(flow_id="waiting"), ScriptedBot()
        await scene.joins(customer, bot)
        scene.passes(601)
        await scene.until(lambda: customer.system_lines() == ["The flow goes on."])
        customer.says("still there?")
        await customer.sees("still there?")
        assert scene.endings == []


async def test_a_bot_keeps_a_deadline_of_its_own_and_leaves_by_itself() -> None:
    """Two talkers are one too many: a timer shorter than the Wait block's makes the bot go first."""

    async def deadline(turn: Turn, text: str) -> None:
        due = turn.clock.now().timestamp()
        turn.timers["deadline"] = Timer(name="deadline", due=due)

    async def leave(turn: Turn) -> None:
        await turn.leave()

    async with stage(flows=waiting()) as scene:
        customer = scene.customer(flow_id="waiting")
        bot = ScriptedBot(reply=deadline, on_timer=leave)
        await scene.joins(customer, bot)
        customer.says("hello")
        await is_over(scene, customer, bot, {"HandedOff"})
        assert bot.triggers == [Trigger.JOINED, Trigger.ITEMS, Trigger.TIMER, Trigger.LEFT]
        assert customer.system_lines() == []


async def test_an_idle_customer_is_disconnected_from_the_bot() -> None:
    """Being idle and coming back disturbs nobody; the auto-disconnect timer removes the bot, and Wait goes on."""
    async with stage(flows=waiting(disconnected="late"), **PATIENT_SOCKETS) as scene:
        customer, bot = scene.customer(flow_id="waiting"), ScriptedBot()
        _set_timers(scene, customer, idle=2, disconnect=3)
        await scene.joins(customer, bot)
        scene.passes(121)
        await scene.until(lambda: _happened(scene, "participant.idle"))
        customer.says("I am back")
        await customer.sees("I am back")
        assert _happened(scene, "participant.returned")
        scene.passes(301)
        await is_over(scene, customer, bot, {"RemovedFromChat"})
        assert _happened(scene, "participant.autodisconnection")
        assert customer.system_lines() == ["The flow goes on."]


async def test_the_chats_duration_is_over() -> None:
    """The contact expires, whoever is talking."""
    async with stage(**PATIENT_SOCKETS) as scene:
        customer = scene.customer(ChatDurationInMinutes=60)
        bot = await busy(scene, customer)
        scene.passes(3601)
        await is_over(scene, customer, bot, {"ChatEnded"})
        assert customer.reason() == "EXPIRED"


async def test_the_customer_never_connects() -> None:
    """After five minutes the contact ends; a bot that came early goes with it."""
    async with stage(**PATIENT_SOCKETS) as scene:
        customer, bot = scene.customer(connected=False), ScriptedBot()
        await scene.joins(customer, bot)
        scene.passes(301)
        await is_over(scene, customer, bot, {"ChatEnded"})
        assert customer.reason() == "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


def _happened(scene: Stage, event: str) -> bool:
    return any(entry.kind == "item" and entry.name.endswith(event) for entry in scene.connect.timeline.entries())


def _set_timers(scene: Stage, customer: Customer, *, idle: int, disconnect: int) -> None:
    minutes = {"IDLE": idle, "DISCONNECT_NONCUSTOMER": disconnect}
    timers = [
        {
            "ParticipantRole": "CUSTOMER",
            "TimerType": kind,
            "TimerValue": {"ParticipantTimerDurationInMinutes": value},
        }
        for kind, value in minutes.items()
    ]
    chat = {"Chat": {"ParticipantTimerConfigList": timers}}
    instance = scene.connect.contact(customer.contact_id)["instanceId"]
    params = {"InstanceId": instance, "ContactId": customer.contact_id, "ChannelConfiguration": chat}
    scene.connect.call("UpdateParticipantRoleConfig", params)
