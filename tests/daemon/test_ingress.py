"""How chats are heard, as the settings say; and a whole worker that hears by message streaming, through moto."""

from random import Random

import anyio

from agent.aws.settings import AwsSettings
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.ingress import hearing, streaming_is_wanted, ways_of
from agent.ids import WorkerId, instance_id
from agent.session.ways import Way
from agent.store.memory import MemoryStore
from agent.telemetry import silent
from tests.aws.moto import Moto

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
