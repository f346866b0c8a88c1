"""Which way in an instance has: as it is wanted, or as it was found out, once and for all."""

from agent.ids import InstanceId
from agent.session.ways import Way, Ways
from agent.telemetry import Happening

ONE, TWO = InstanceId("one"), InstanceId("two")


def test_what_is_wanted_counts_and_each_instance_may_want_something_else() -> None:
    """Nothing that happens changes it."""
    ways = Ways("websocket", {TWO: "streaming"})
    ways.no_websocket(ONE, "refused")
    ways.heard_by_websocket(TWO)
    assert (ways.of(ONE), ways.of(TWO)) == (Way.WEBSOCKET, Way.STREAMING)
    assert not ways.undecided(ONE)
    assert not ways.undecided(TWO)


def test_auto_is_found_out_for_each_instance_by_itself_and_told_once() -> None:
    """The first finding stays."""
    told: list[Happening] = []
    ways = Ways("auto", report=told.append)
    ways.heard_by_websocket(TWO)
    for _ in range(2):
        ways.no_websocket(ONE, "ValidationException")
        ways.no_websocket(TWO, "AccessDenied")
    assert (ways.of(ONE), ways.of(TWO)) == (Way.STREAMING, Way.WEBSOCKET)
    assert [happening.fields["instance"] for happening in told] == [ONE]


def test_one_refused_upgrade_is_no_refusal_for_good() -> None:
    """An address may have been dialled too late; three in a row were not."""
    ways = Ways("auto")
    ways.not_upgraded(ONE)
    ways.not_upgraded(ONE)
    assert ways.of(ONE) is Way.WEBSOCKET
    ways.not_upgraded(ONE)
    assert ways.of(ONE) is Way.STREAMING
