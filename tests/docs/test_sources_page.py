"""The page about sources: every form on it is read as it says, and every snippet does what it promises."""

import json
import re
from pathlib import Path
from typing import Any

import anyio
import boto3
import pytest

from agent.clock import SystemClock
from agent.config import load
from agent.daemon.room import Room
from agent.daemon.sources import read
from agent.daemon.sources.permit import Permit
from agent.daemon.sources.reading import Triggers
from agent.ids import Secret
from agent.ports import Declined, Offer
from tests.aws.moto import Moto
from tests.aws.queues import queue_of
from tests.daemon.sources.forms import contact_event, flow_event, own

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)
    return found


def _run(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, "sources.md", "exec"), names)
    return names


def test_our_own_form_is_read_with_all_that_it_says() -> None:
    """The page shows every member."""
    offer = read(_blocks("json")[0])
    assert isinstance(offer, Offer)
    assert (offer.attributes, offer.flow_id, offer.queue_name, offer.bot) == (
        {"tier": "gold"},
        "f1",
        "Sales",
        "concierge",
    )


def test_the_lambda_passes_an_offer_on(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a queue of moto's; what it passes on is read."""
    with queue_of(moto) as queue:
        monkeypatch.setenv("OFFERS", queue.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", moto.url)
        names = _run(_blocks("python")[0])
        try:
            assert names["handler"](flow_event("c"), None) == {}
        finally:
            names["sqs"].close()
        [body] = queue.take()
    offer = read(body)
    assert isinstance(offer, Offer)
    assert offer.key.contact_id == "c"


def test_the_rule_s_pattern_lets_through_what_offers_a_contact() -> None:
    """Its event types are the setting's default."""
    pattern = json.loads(_blocks("json")[1])
    assert set(pattern["detail"]["eventType"]) == Triggers().events
    for kind in pattern["detail"]["eventType"]:
        event = contact_event(kind)
        assert event["source"] in pattern["source"]
        assert event["detail-type"] in pattern["detail-type"]
        assert event["detail"]["channel"] in pattern["detail"]["channel"]
        assert isinstance(read(json.dumps(event)), Offer)


def test_the_policy_names_every_action_that_is_used() -> None:
    """And no other: the model knows them all."""
    [statement] = json.loads(_blocks("json")[2])["Statement"]
    used = set(re.findall(r"Asks with (sqs:\w+)", (Path(__file__).parents[2] / "agent/aws/sqs.py").read_text()))
    assert set(statement["Action"]) == used
    operations = boto3.Session(region_name="us-east-1").client("sqs").meta.service_model.operation_names
    assert {action.removeprefix("sqs:") for action in used} <= set(operations)


def test_the_settings_are_settings(tmp_path: Path) -> None:
    """They are read as they stand there."""
    file = tmp_path / "page.toml"
    file.write_text(_blocks("toml")[0], encoding="utf-8")
    assert load(file=file).settings.source.kind == "http"


def test_the_signature_lets_in() -> None:
    """Made with the standard library alone."""
    body, headers = _run(_blocks("python")[1])["signed"]("hush", own("c"))
    assert Permit(secret=Secret("hush")).refusal(headers, body, SystemClock().now()) is None
    assert Permit(secret=Secret("other")).refusal(headers, body, SystemClock().now()) is not None


async def test_a_source_of_one_s_own_offers() -> None:
    """When there is room."""
    made = _run(_blocks("python")[2])["bell"]({"text": json.dumps(own("c"))}, room=Room(1), report=lambda _: None)
    with anyio.fail_after(50):
        async with made.offers() as offers:
            claimable = await anext(offers)
            assert claimable.offer.key.contact_id == "c"
            await claimable.done()
            assert not await claimable.decline(Declined.FULL)
