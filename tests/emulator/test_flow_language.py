"""Connect's own flow language: read, run, and written for flows that came from TOML."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from agent.emulator import INSTANCE_ID, BadFlow, Emulator, load_flow, read_flow
from agent.emulator.flow import built_in_flows
from agent.emulator.flow_language import document, read_document
from agent.emulator.happenings import BotNoLongerWanted, BotWanted, FlowMoved, Happening

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage

Action = dict[str, Any]


def action(name: str, kind: str, onward: str | None = None, **more: Any) -> Action:
    """One action, with conditions and errors as plain mappings."""
    conditions = [
        {"NextAction": target, "Condition": {"Operator": "Equals", "Operands": [operand]}}
        for operand, target in more.pop("conditions", {}).items()
    ]
    errors = [{"ErrorType": kind, "NextAction": target} for kind, target in more.pop("errors", {}).items()]
    transitions: Action = {"Conditions": conditions, "Errors": errors}
    if onward:
        transitions["NextAction"] = onward
    return {"Identifier": name, "Type": kind, "Parameters": more, "Transitions": transitions}


BOTH = {"ContinueLooping": "a", "DoneLooping": "a"}
OFFERING = [
    action("log", "UpdateFlowLoggingBehavior", "mark", FlowLoggingBehavior="Enabled"),
    action("mark", "UpdateContactAttributes", "hello", Attributes={"seen": "yes"}),
    action("hello", "MessageParticipant", "offer", Text="Hello."),
    action("offer", "InvokeLambdaFunction", "check", LambdaInvocationAttributes={"bot": "helper"}),
    action("check", "Compare", "end", ComparisonValue="$.External.status", conditions={"success": "bot"}),
    action(
        "bot",
        "Wait",
        TimeLimitSeconds="60",
        Events=["BotParticipantDisconnected"],
        conditions={"BotParticipantDisconnected": "line", "WaitCompleted": "late"},
        errors={"ParticipantNotFound": "again", "NoMatchingError": "end"},
    ),
    action("again", "Loop", LoopCount="2", conditions={"ContinueLooping": "moment", "DoneLooping": "line"}),
    action(
        "moment", "Wait", TimeLimitSeconds="5", conditions={"WaitCompleted": "bot"}, errors={"NoMatchingError": "bot"}
    ),
    action("late", "MessageParticipant", "line", Text="Too late."),
    action("line", "UpdateContactTargetQueue", "transfer", QueueId="arn:aws:connect:x:1:instance/i/queue/people"),
    action("transfer", "TransferContactToQueue", "end"),
    action("end", "DisconnectParticipant"),
]


def written(actions: list[Action], start: str = "log") -> str:
    """The document of these actions."""
    return json.dumps({"Version": "2019-10-30", "StartAction": start, "Actions": actions})


@pytest.fixture
def seen(stage: Stage) -> list[Happening]:
    """A stage with the flow above as ``json``; everything that happens on it."""
    stage.region.flows["json"] = read_document(written(OFFERING))
    happened: list[Happening] = []
    stage.region.listeners.append(happened.append)
    return happened


def path(seen: list[Happening]) -> list[str]:
    """The blocks that were entered."""
    return [one.block for one in seen if isinstance(one, FlowMoved)]


def test_a_flow_in_connects_language_is_run(stage: Stage, seen: list[Happening]) -> None:
    """What does nothing to a chat here is passed; the Lambda offers the contact; a bot in time is waited for."""
    customer = stage.customer("json")
    assert path(seen) == ["log", "mark", "hello", "offer", "check", "bot", "again", "moment"]
    (wanted,) = [one for one in seen if isinstance(one, BotWanted)]
    assert wanted.parameters == {"bot": "helper"}
    stage.bot(customer.contact_id)
    stage.passes(5)
    assert path(seen)[-1] == "bot"
    stage.passes(60)
    assert path(seen)[-4:] == ["bot", "late", "line", "transfer"]


def test_an_offer_stands_through_the_tries_and_ends_with_them(stage: Stage, seen: list[Happening]) -> None:
    """A loop passes as often as it counts, then once to its end [documented]."""
    stage.customer("json")
    assert stage.region.offers
    stage.passes(5)
    assert stage.region.offers
    stage.passes(5)
    assert (
        path(seen)[-7:] == ["moment", "bot", "again", "moment", "bot", "again", "line"] or path(seen)[-1] == "transfer"
    )
    assert path(seen)[-1] == "transfer"
    assert path(seen).count("moment") == 2
    assert not stage.region.offers
    assert sum(isinstance(one, BotNoLongerWanted) for one in seen) == 1


def test_a_bot_that_leaves_takes_its_branch_to_the_queue(stage: Stage, seen: list[Happening]) -> None:
    """Wait, participant type Bot [documented]; the queue is the one that was set before."""
    customer = stage.customer("json")
    bot = stage.bot(customer.contact_id)
    stage.passes(5)
    bot.leaves()
    assert path(seen)[-2:] == ["line", "transfer"]
    assert stage.region.chat(customer.contact_id).segment.queue == "people"


def test_a_wait_for_a_bot_that_leads_to_itself_ends_the_chat(stage: Stage) -> None:
    """A circle without a pause; never an endless one here."""
    circle = action("bot", "Wait", "bot", Events=["BotParticipantDisconnected"], errors={"ParticipantNotFound": "bot"})
    stage.region.flows["circle"] = read_document(written([circle], "bot"))
    customer = stage.customer("circle")
    assert stage.region.chat(customer.contact_id).segment.reason == "SYSTEM_ERROR"


@pytest.mark.parametrize("flow", [*built_in_flows().values()], ids=lambda flow: flow.name)
def test_a_flow_from_toml_is_written_so_that_it_can_be_read(flow: Any) -> None:
    """DescribeContactFlow answers JSON for each."""
    again = read_document(document(flow))
    assert set(flow.blocks) <= set(again.blocks)
    assert again.start == flow.start


def test_a_written_flow_waits_for_a_late_bot_as_long_as_the_toml_said(stage: Stage) -> None:
    """`join_within` becomes tries in a loop."""
    toml = read_flow(
        'start="b"\n[blocks.b]\ntype="bot"\njoin_within=300\ntimeout=9\non={not_found="q", disconnected="q"}\n'
        '[blocks.q]\ntype="queue"\nqueue="people"\nnext="w"\n[blocks.w]\ntype="wait"\nparticipant="bot"\n'
        'on={not_found="a"}\nnext="a"\n[blocks.a]\ntype="attributes"\nattributes={x="y"}\n'
    )
    stage.region.flows["again"] = read_document(document(toml))
    customer = stage.customer("again")
    stage.passes(299)
    assert stage.region.chat(customer.contact_id).segment.queue is None
    stage.passes(2)
    assert stage.region.chat(customer.contact_id).segment.queue == "people"


def test_a_flow_without_patience_is_written_without_a_loop() -> None:
    """Nobody waits for a bot that must be there at once."""
    toml = read_flow('start="b"\n[blocks.b]\ntype="bot"\nnext="e"\n[blocks.e]\ntype="disconnect"\n')
    kinds = [one["Type"] for one in json.loads(document(toml))["Actions"]]
    assert kinds == ["InvokeLambdaFunction", "Wait", "DisconnectParticipant"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not a flow"),
        ("[]", "not a flow"),
        ('{"StartAction": "a"}', "not a flow"),
        (written([], "a"), "start names no block"),
        (written([action("a", "Whatever")], "a"), "leads nowhere"),
        (written([action("a", "Wait", "a", TimeLimitSeconds="$.Attributes.t")], "a"), "not written in the flow"),
        (written([action("a", "Loop", LoopCount="2", conditions={"ContinueLooping": "a"})], "a"), "a Loop counts"),
        (
            written(
                [action("a", "Loop", LoopCount="101", conditions={"ContinueLooping": "a", "DoneLooping": "a"})], "a"
            ),
            "at most 100",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_sentence(text: str, told: str) -> None:
    """Where and why."""
    with pytest.raises(BadFlow, match=told):
        read_document(text)


def test_a_json_file_is_a_flow_too(tmp_path: Path) -> None:
    """By its name; and it is described by its very own text."""
    file = tmp_path / "mine.json"
    file.write_text(written(OFFERING), encoding="utf-8")
    flow = load_flow(file)
    assert flow.name == "mine"
    assert document(flow) == file.read_text(encoding="utf-8")


def test_flows_are_listed_and_described(stage: Stage) -> None:
    """Page by page; an unknown flow is not found."""
    params = {"InstanceId": INSTANCE_ID, "MaxResults": 1, "ContactFlowTypes": ["CONTACT_FLOW"]}
    first = stage.call("ListContactFlows", params)
    second = stage.call("ListContactFlows", {**params, "NextToken": first["NextToken"]})
    names = [one["Name"] for page in (first, second) for one in page["ContactFlowSummaryList"]]
    assert names == ["default", "no-bot"]
    assert "NextToken" not in second
    assert stage.call("ListContactFlows", {**params, "ContactFlowTypes": ["CAMPAIGN"]})["ContactFlowSummaryList"] == []
    stage.refused(
        "InvalidRequestException",
        lambda: stage.call("ListContactFlows", {**params, "NextToken": "x"}),
    )
    arn = first["ContactFlowSummaryList"][0]["Arn"]
    told = stage.call("DescribeContactFlow", {"InstanceId": INSTANCE_ID, "ContactFlowId": arn})["ContactFlow"]
    assert json.loads(told["Content"])["StartAction"] == "welcome"
    unknown = {"InstanceId": INSTANCE_ID, "ContactFlowId": "nowhere"}
    stage.refused("ResourceNotFoundException", lambda: stage.call("DescribeContactFlow", unknown))


def test_every_instance_is_active(stage: Stage) -> None:
    """Whatever its id."""
    told = stage.call("DescribeInstance", {"InstanceId": INSTANCE_ID})["Instance"]
    assert (told["Id"], told["InstanceStatus"]) == (INSTANCE_ID, "ACTIVE")


async def test_a_list_is_asked_for_in_the_query_string(connect: Emulator) -> None:
    """As SDKs send it: types repeated, numbers as text."""
    url = f"{connect.url}/contact-flows-summary/{INSTANCE_ID}"
    async with ClientSession() as client:
        async with client.get(url, params=[("contactFlowTypes", "CONTACT_FLOW"), ("maxResults", "1")]) as answer:
            assert len((await answer.json())["ContactFlowSummaryList"]) == 1
        async with client.get(url, params={"maxResults": "many"}) as answer:
            assert answer.status == 400


async def test_the_date_of_an_answer_is_the_emulators(connect: Emulator) -> None:
    """Who compares clocks by it finds out."""
    connect.region.leap(3_600)
    async with ClientSession() as client, client.get(f"{connect.url}/instance/{INSTANCE_ID}") as answer:
        shown = parsedate_to_datetime(answer.headers["Date"])
    assert abs(shown - connect.region.clock.now()) < timedelta(minutes=5)
    assert connect.region.clock.drift >= 3_600


def test_a_loop_counts_from_the_start_again_once_it_was_done(stage: Stage, seen: list[Happening]) -> None:
    """As often as the flow comes back to it [documented]."""
    loop = action("again", "Loop", LoopCount="1", conditions={"ContinueLooping": "moment", "DoneLooping": "later"})
    pauses = [
        action(name, "Wait", TimeLimitSeconds="5", conditions={"WaitCompleted": "again"})
        for name in ("moment", "later")
    ]
    stage.region.flows["twice"] = read_document(written([loop, *pauses], "again"))
    stage.customer("twice")
    stage.passes(15)
    assert path(seen) == ["again", "moment", "again", "later", "again", "moment", "again", "later"]
