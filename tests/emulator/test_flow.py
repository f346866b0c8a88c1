"""Contact flows: prompts, the offer to a bot, Wait's branches, queues, transfers and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent.emulator import INSTANCE_ID, BadFlow, read_flow
from agent.emulator.errors import InvalidInput
from agent.emulator.happenings import ContactChanged, Happening

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage

WAITING = """
name = "waiting"
start = "mark"
[blocks.mark]
type = "attributes"
attributes = {seen = "yes"}
next = "bot"
[blocks.bot]
type = "bot"
join_within = 30
timeout = 60
[blocks.bot.on]
disconnected = "was-disconnected"
not_found = "was-not-found"
expired = "was-expired"
error = "was-error"
[blocks.was-error]
type = "prompt"
text = "error"
next = "queue"
[blocks.was-disconnected]
type = "prompt"
text = "disconnected"
next = "queue"
[blocks.was-not-found]
type = "prompt"
text = "not found"
[blocks.was-expired]
type = "prompt"
text = "expired"
next = "queue"
[blocks.queue]
type = "queue"
"""


@pytest.fixture
def waiting(stage: Stage) -> Stage:
    """A stage with the flow above."""
    stage.region.flows["waiting"] = read_flow(WAITING)
    return stage


def describe(stage: Stage, contact_id: str) -> dict[str, Any]:
    """DescribeContact."""
    params = {"InstanceId": INSTANCE_ID, "ContactId": contact_id}
    contact: dict[str, Any] = stage.call("DescribeContact", params)["Contact"]
    return contact


def test_the_default_flow_greets_and_offers_the_contact(stage: Stage) -> None:
    """Prompt as SYSTEM_MESSAGE, then the contact waits for a bot."""
    customer = stage.customer(Attributes={"lang": "en"})
    greeting = customer.socket.items[-1]
    assert (greeting["ParticipantRole"], greeting["DisplayName"]) == ("SYSTEM", "SYSTEM_MESSAGE")
    assert list(stage.region.offers) == [customer.contact_id]


def test_no_offer_once_a_bot_is_there(stage: Stage) -> None:
    """The offer closes when the bot joins."""
    customer = stage.customer()
    stage.bot(customer.contact_id)
    assert stage.region.offers == {}


@pytest.mark.parametrize(
    "flow", ["no-bot", f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE_ID}/flow/no-bot"]
)
def test_the_no_bot_flow_offers_nothing(stage: Stage, flow: str) -> None:
    """But a bot may still be joined by hand."""
    customer = stage.customer(flow)
    assert stage.region.offers == {}
    stage.bot(customer.contact_id)


def test_any_well_formed_flow_id_is_the_default_flow(stage: Stage) -> None:
    """An unknown id behaves as default; a malformed one is refused."""
    stage.customer("0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11")
    assert len(stage.region.offers) == 1
    for wrong in ("", "nonsense", "arn:aws:sns:x"):
        stage.refused("InvalidRequestException", lambda flow=wrong: stage.customer(flow))


def test_wait_takes_disconnected_when_the_bot_leaves(waiting: Stage) -> None:
    """Bot participant disconnected [documented]."""
    customer = waiting.customer("waiting")
    waiting.bot(customer.contact_id).leaves()
    assert customer.socket.words[-2:] == ["participant.left", "disconnected"]
    assert describe(waiting, customer.contact_id)["QueueInfo"]["Id"] == "BasicQueue"


def test_wait_takes_not_found_when_no_bot_comes(waiting: Stage) -> None:
    """Participant not found [documented]; a flow without a next block disconnects."""
    customer = waiting.customer("waiting")
    waiting.passes(30)
    assert customer.socket.words[-2:] == ["not found", "chat.ended"]
    assert waiting.region.offers == {}
    assert describe(waiting, customer.contact_id)["DisconnectReason"] == "CONTACT_FLOW_DISCONNECT"


def test_wait_takes_expired_and_the_bot_stays(waiting: Stage) -> None:
    """Time expired does not remove the bot [documented]."""
    customer = waiting.customer("waiting")
    waiting.passes(20)
    bot = waiting.bot(customer.contact_id)
    waiting.passes(60)
    assert customer.socket.words[-1] == "expired"
    bot.says("still here")
    assert customer.socket.words[-1] == "still here"
    bot.leaves()
    assert customer.socket.words[-1] == "participant.left"


def test_wait_takes_error_on_demand(waiting: Stage) -> None:
    """The fourth branch; afterwards there is nothing that could fail once more."""
    customer = waiting.customer("waiting")
    waiting.passes(20)
    bot = waiting.bot(customer.contact_id)
    waiting.desk.wait_fails(customer.contact_id)
    assert customer.socket.words[-1] == "error"
    bot.says("still here")
    waiting.desk.agent_joins(customer.contact_id)
    with pytest.raises(InvalidInput):
        waiting.desk.wait_fails(customer.contact_id)


def test_a_flow_may_set_attributes(waiting: Stage) -> None:
    """They are the contact's own from then on."""
    customer = waiting.customer("waiting", Attributes={"a": "1"})
    params = {"InstanceId": INSTANCE_ID, "InitialContactId": customer.contact_id}
    assert waiting.call("GetContactAttributes", params)["Attributes"] == {"a": "1", "seen": "yes"}


def test_a_circle_of_prompts_ends_the_contact(stage: Stage) -> None:
    """A flow that never waits cannot hang the emulator."""
    circle = 'name="c"\nstart="a"\n[blocks.a]\ntype="prompt"\ntext="again"\nnext="a"\n'
    stage.region.flows["circle"] = read_flow(circle)
    customer = stage.customer("circle")
    assert describe(stage, customer.contact_id)["DisconnectReason"] == "SYSTEM_ERROR"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("start = 1 2", "not a flow"),
        ('start = "x"', "start names no block"),
        ('start = "x"\n[blocks.x]\ntype = "dance"', "block x: type is one of"),
        ('start = "x"\n[blocks.x]\ntype = "prompt"\nnext = "y"', "next names no block"),
        ('start = "x"\n[blocks.x]\ntype = "prompt"\ncolour = "red"', "unknown colour"),
        ('start = "x"\n[blocks.x]\ntype = "bot"\non = {perhaps = "x"}', "the branches are"),
        ('blocks = "x"', "not a flow"),
    ],
)
def test_a_wrong_flow_file_says_what_is_wrong(text: str, told: str) -> None:
    """BadFlow in one sentence."""
    with pytest.raises(BadFlow, match=told):
        read_flow(text)


def test_the_customer_leaves(stage: Stage) -> None:
    """participant.left, then chat.ended without sender [live]."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    customer.leaves()
    left, ended = bot.socket.items[-2:]
    assert left["ContentType"].endswith("participant.left")
    assert ended["ContentType"].endswith("chat.ended")
    assert sorted(ended) == ["AbsoluteTime", "ContactId", "ContentType", "Id", "InitialContactId", "Type"]
    assert describe(stage, customer.contact_id)["DisconnectReason"] == "CUSTOMER_DISCONNECT"


def test_chat_ended_may_come_a_little_later(build: type[Stage]) -> None:
    """0.178 s were seen once [live]; meanwhile nothing else happens."""
    stage = build(chat_ended_delay=0.178)
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    customer.leaves()
    assert bot.socket.words[-1] == "participant.left"
    stage.passes(0.178)
    assert bot.socket.words[-1] == "chat.ended"


def test_a_chat_expires(stage: Stage) -> None:
    """ChatDurationInMinutes counts from the start [documented]."""
    customer = stage.customer(ChatDurationInMinutes=60)
    stage.passes(3600)
    assert describe(stage, customer.contact_id)["DisconnectReason"] == "EXPIRED"


def test_stop_contact_ends_it_once(stage: Stage) -> None:
    """Reason API; an ended contact is gone (410) [documented]."""
    customer = stage.customer()
    params = {"InstanceId": INSTANCE_ID, "ContactId": customer.contact_id}
    stage.call("StopContact", params)
    assert describe(stage, customer.contact_id)["DisconnectReason"] == "API"
    assert stage.refused("ContactNotFoundException", lambda: stage.call("StopContact", params)).status == 410


def test_the_agent_leaves_and_the_chat_is_over(stage: Stage) -> None:
    """Without a disconnect flow the last agent's leaving ends the contact."""
    customer = stage.customer()
    stage.desk.agent_joins(customer.contact_id, "Sam")
    stage.desk.agent_says(customer.contact_id, "Bye!")
    stage.desk.agent_leaves(customer.contact_id)
    assert customer.socket.words[-3:] == ["Bye!", "participant.left", "chat.ended"]
    assert describe(stage, customer.contact_id)["DisconnectReason"] == "AGENT_DISCONNECT"


SURVEY = """
name = "survey"
start = "bot"
after_agent = "thanks"
[blocks.bot]
type = "bot"
join_within = 600
[blocks.thanks]
type = "prompt"
text = "How was it?"
next = "wait"
[blocks.wait]
type = "wait"
timeout = 60
"""


def test_a_disconnect_flow_is_a_new_segment(stage: Stage) -> None:
    """New ContactId, same InitialContactId, method DISCONNECT [documented]."""
    stage.region.flows["survey"] = read_flow(SURVEY)
    customer = stage.customer("survey")
    stage.desk.agent_joins(customer.contact_id)
    stage.desk.agent_leaves(customer.contact_id)
    item = customer.socket.items[-1]
    assert item["Content"] == "How was it?"
    assert item["InitialContactId"] == customer.contact_id != item["ContactId"]
    record = describe(stage, item["ContactId"])
    assert (record["InitiationMethod"], record["PreviousContactId"]) == ("DISCONNECT", customer.contact_id)
    stage.passes(60)
    assert customer.socket.words[-1] == "chat.ended"


def test_disconnect_on_customer_exit_lets_the_flow_go_on(stage: Stage) -> None:
    """DisconnectOnCustomerExit=[AGENT]: the agent goes, the disconnect flow runs [documented]."""
    stage.region.flows["survey"] = read_flow(SURVEY)
    customer = stage.customer("survey", DisconnectOnCustomerExit=["AGENT"])
    stage.desk.agent_joins(customer.contact_id)
    customer.leaves()
    assert customer.socket.words[-2:] == ["participant.left", "How was it?"]
    customer.says("great")
    assert customer.socket.words[-1] == "great"


@pytest.mark.parametrize("removed", [True, False])
def test_a_transfer_opens_a_new_contact(build: type[Stage], removed: bool) -> None:
    """Each transfer has a new ContactId; whether the bot survives is a setting [inferred]."""
    stage = build(removed_on_transfer=removed)
    customer = stage.customer()
    stage.bot(customer.contact_id)
    new = stage.desk.transfer(customer.contact_id)
    customer.says("hello?")
    assert customer.socket.items[-1]["ContactId"] == new
    assert customer.socket.items[-1]["InitialContactId"] == customer.contact_id
    assert ("participant.left" in customer.socket.words) is removed
    assert describe(stage, new)["InitiationMethod"] == "QUEUE_TRANSFER"


def test_contact_events_follow_the_life_of_a_contact(stage: Stage) -> None:
    """INITIATED to COMPLETED, in Connect's words [documented]."""
    seen: list[str] = []

    def listen(happening: Happening) -> None:
        if isinstance(happening, ContactChanged):
            seen.append(happening.change)

    stage.region.listeners.append(listen)
    customer = stage.customer()
    stage.bot(customer.contact_id).leaves()
    stage.desk.agent_joins(customer.contact_id)
    stage.desk.agent_leaves(customer.contact_id)
    assert seen == [
        "INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED",
    ]  # fmt: skip


def test_lex_takes_over(stage: Stage) -> None:
    """A Lex bot is SYSTEM, named BOT; the custom bot is removed and Wait goes on [documented]."""
    customer = stage.customer()
    stage.bot(customer.contact_id)
    stage.desk.lex_says(customer.contact_id, "I am Lex")
    item = customer.socket.items[-1]
    assert (item["ParticipantRole"], item["DisplayName"], item["Content"]) == ("SYSTEM", "BOT", "I am Lex")
    assert "participant.left" in customer.socket.words
    stage.desk.lex_leaves(customer.contact_id)
    stage.bot(customer.contact_id)


def test_a_branch_taken_ends_the_waiting(waiting: Stage) -> None:
    """Once the bot has left, the Wait block's time no longer expires."""
    customer = waiting.customer("waiting")
    waiting.bot(customer.contact_id).leaves()
    waiting.passes(100)
    assert "expired" not in customer.socket.words
    assert customer.socket.words[-1] == "disconnected"
