"""How chats are heard, as the settings say; and a whole worker that hears by message streaming, through moto."""

from random import Random

import anyio
import pytest

from agent.aws.settings import AwsSettings
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.ingress import hearing, streaming_is_wanted, ways_of
from agent.ids import WorkerId, instance_id
from agent.session.ways import Way
from agent.store.memory import MemoryStore
from agent.telemetry import silent
from tests.aws.moto import Moto
from tests.scenarios.stage import ScriptedBot, stage, streams_of

ONE, TWO, THREE = (instance_id(f"1111111{n}-2222-4333-8444-555555555555") for n in range(3))


def settings(**sections: dict[str, object]) -> Configuration:
    return Configuration(**sections)  # type: ignore[arg-type]


def test_the_way_in_is_chosen_for_each_instance() -> None:
    """By one setting, and by the lists that make exceptions."""
    connect = {"ingress": "auto", "websocket_instances": [ONE], "streaming_instances": [TWO]}
    ways = ways_of(settings(connect=connect), silent)
    assert (ways.of(ONE), ways.of(TWO), ways.of(THREE)) == (Way.WEBSOCKET, Way.STREAMING, Way.WEBSOCKET)
    assert (ways.undecided(ONE), ways.undecided(TWO), ways.undecided(THREE)) == (False, False, True)


def test_a_topic_is_made_at_the_start_only_where_streaming_is_certain() -> None:
    """With auto, nobody needs permissions for what he may never use."""
    assert not streaming_is_wanted(settings())
    assert streaming_is_wanted(settings(connect={"ingress": "streaming"}))
    assert streaming_is_wanted(settings(connect={"streaming_instances": [ONE]}))


async def test_a_takeover_moves_the_stream_from_one_workers_topic_to_the_others(
    moto: Moto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the real wire: what was said in between is read, what is said afterwards streams in."""
    monkeypatch.setattr("tests.scenarios.stage.STREAMED_BY", [moto.url])
    bot = ScriptedBot(greeting="Hello!")
    async with stage() as scene:
        customer = scene.customer()
        await scene.crashes(await scene.joins(customer, bot))
        customer.says("into the gap")
        async with streams_of(WorkerId("worker-2"), scene.connect.url) as streams:
            scene.streams = streams
            run = await scene.joins(customer, bot)
            await customer.sees("Hello!", "into the gap")
            customer.says("after it")
            await customer.sees("Hello!", "into the gap", "after it")
            topic = await streams.topic()
            running = scene.connect.region.chat(customer.contact_id).streams.values()
            await scene.until(lambda: [each.endpoint_arn for each in running] == [topic])
            await scene.crashes(run)


async def test_a_worker_has_a_topic_while_it_serves(moto: Moto) -> None:
    """Made before its first chat, by the name of its worker; gone after its last."""
    chosen = settings(connect={"ingress": "streaming"}, streaming={"prefix": "shop", "endpoint_url": moto.url})
    clock = SystemClock()
    with anyio.fail_after(60):
        async with (
            hearing(
                chosen,
                AwsSettings(),
                WorkerId("me"),
                store=MemoryStore(clock),
                clock=clock,
                random=Random(1),
                report=silent,
            ) as heard,
            heard.serving(),
        ):
            topic = await heard.streams.topic()
            assert topic.startswith(f"arn:aws:sns:{moto.region}:123456789012:shop-")
