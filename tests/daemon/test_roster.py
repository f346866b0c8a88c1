"""Which bot gets a contact: rules in their order, by attribute, flow, queue and instance, and a default."""

from typing import Any

import pytest

from agent.daemon.roster import Roster, Route
from agent.ids import ContactId, ContactKey, InstanceId
from agent.ports import Offer

ARN = "arn:aws:connect:us-east-1:123456789012:instance/i"


def _offer(**more: Any) -> Offer:
    return Offer(key=ContactKey(InstanceId("i"), ContactId("c")), **more)


@pytest.mark.parametrize(
    ("rule", "offer", "fits"),
    [
        ({"attribute": "tier", "value": "gold"}, {"attributes": {"tier": "gold"}}, True),
        ({"attribute": "tier", "value": "gold"}, {"attributes": {"tier": "tin"}}, False),
        ({"attribute": "tier", "value": ""}, {"attributes": {"tier": "tin"}}, False),
        ({"attribute": "tier"}, {"attributes": {"tier": ""}}, True),
        ({"attribute": "tier"}, {}, False),
        ({"flow": "f1"}, {"flow_id": "f1"}, True),
        ({"flow": "f1"}, {"flow_id": f"{ARN}/contact-flow/f1"}, True),
        ({"flow": f"{ARN}/contact-flow/f1"}, {"flow_id": "f1"}, True),
        ({"flow": "f1"}, {"flow_id": "f2"}, False),
        ({"flow": "f1"}, {}, False),
        ({"queue": "Sales"}, {"queue": f"{ARN}/queue/q1", "queue_name": "Sales"}, True),
        ({"queue": "q1"}, {"queue": f"{ARN}/queue/q1"}, True),
        ({"queue": f"{ARN}/queue/q1"}, {"queue": f"{ARN}/queue/q1"}, True),
        ({"queue": "q2"}, {"queue": f"{ARN}/queue/q1", "queue_name": "Sales"}, False),
        ({"queue": "q2"}, {}, False),
        ({"instance": InstanceId("i")}, {}, True),
        ({"instance": InstanceId("j")}, {}, False),
        ({"flow": "f1", "attribute": "a"}, {"flow_id": "f1"}, False),
        ({"flow": "f1", "attribute": "a"}, {"flow_id": "f1", "attributes": {"a": "1"}}, True),
    ],
)
def test_a_rule_fits_when_all_that_it_names_does(rule: dict[str, Any], offer: dict[str, Any], fits: bool) -> None:
    """Ids and ARNs mean the same thing; a queue may also go by its name."""
    assert Route(bot="b", **rule).fits(_offer(**offer)) is fits


def test_the_first_rule_that_fits_decides_and_then_the_default() -> None:
    """None of them, and no default: no bot of this worker."""
    routes = [Route(bot="a", flow="f"), Route(bot="b", attribute="x")]
    roster = Roster(bots={"a": "A", "b": "B", "c": "C"}, default="c", routes=routes)
    assert roster.bot_for(_offer(flow_id="f", attributes={"x": "1"})) == "a"
    assert roster.bot_for(_offer(attributes={"x": "1"})) == "b"
    assert roster.bot_for(_offer()) == "c"
    assert Roster(bots={"a": "A"}, routes=routes).bot_for(_offer()) is None


def test_an_offer_that_names_its_bot_gets_that_one_or_none() -> None:
    """What the contact flow says counts more than a rule."""
    roster = Roster(bots={"a": "A", "b": "B"}, default="a", routes=[Route(bot="a", flow="f")])
    assert roster.bot_for(_offer(flow_id="f", bot="b")) == "b"
    assert roster.bot_for(_offer(flow_id="f", bot="z")) is None


def test_without_named_instances_every_instance_is_served() -> None:
    """With some, just those."""
    assert Roster(bots={}).is_here(InstanceId("any"))
    some = Roster(bots={}, instances=frozenset({InstanceId("i"), InstanceId("j")}))
    assert [some.is_here(InstanceId(name)) for name in "ijk"] == [True, True, False]
