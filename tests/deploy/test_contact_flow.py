"""The contact flow that the command prints, run by the local Amazon Connect with a real worker on the chat."""

import json

from agent.aws.contact_flow import FlowWishes, contact_flow
from agent.emulator.flow_language import read_document
from agent.session.conversation import Turn
from agent.session.session import Ending
from tests.scenarios.stage import ScriptedBot, Stage, stage

GOOD = FlowWishes(
    lambda_arn="arn:l", queue_arn="arn:aws:connect:x:1:instance/i/queue/people", bot="shop", come_within=3
)


async def _leaves(turn: Turn, text: str) -> None:
    await turn.leave()


def _flow(scene: Stage) -> str:
    scene.connect.region.flows["mine"] = read_document(json.dumps(contact_flow(GOOD)))
    return "mine"


def _passes(scene: Stage) -> None:
    """One round of the loop."""
    scene.connect.region.leap(1)
    scene.connect.region.advance()


async def test_the_bot_is_offered_the_chat_waited_for_and_followed_by_people() -> None:
    """Prompt, Lambda, Wait; when the bot leaves, the queue."""
    async with stage() as scene:
        customer = scene.customer(flow_id=_flow(scene))
        assert scene.connect.region.offers
        await scene.joins(customer, ScriptedBot(reply=_leaves))
        assert not scene.connect.region.offers
        _passes(scene)
        customer.says("a human, please")
        assert await scene.ended() is Ending.OVER
        assert scene.connect.region.chat(customer.contact_id).segment.queue == "people"


async def test_a_bot_that_never_comes_is_given_up_for_people() -> None:
    """After the tries of the loop."""
    async with stage() as scene:
        customer = scene.customer(flow_id=_flow(scene))
        segment = scene.connect.region.chat(customer.contact_id).segment
        for _ in range(3):
            assert segment.queue is None
            _passes(scene)
        assert segment.queue == "people"
        assert not scene.connect.region.offers
