"""Quotas: Connect's rates and bursts as token buckets, by operation and instance."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from agent.emulator import INSTANCE_ID, ServiceError

if TYPE_CHECKING:
    from tests.emulator.conftest import Party, Stage

ANOTHER = "99999999-2222-4333-8444-555555555555"


def limited(build: type[Stage], scale: float = 1.0) -> Stage:
    """A stage that enforces quotas."""
    return build(enforce_quotas=True, quota_scale=scale)


def said(party: Party, tries: int) -> int:
    """How many of so many messages at once went through; the next one is throttled."""
    try:
        for number in range(tries):
            party.says(str(number))
    except ServiceError as refusal:
        return number if refusal.code == "ThrottlingException" else -1
    return tries


def test_a_burst_and_then_the_rate(build: type[Stage]) -> None:
    """SendMessage: 15 at once, then 10 a second [documented]."""
    stage = limited(build)
    customer = stage.customer()
    assert said(customer, 100) == 15
    stage.passes(0.5)
    assert said(customer, 100) == 5
    stage.passes(3600)
    assert said(customer, 100) == 15


@pytest.mark.parametrize(("scale", "burst"), [(0.001, 1), (0.2, 3), (2, 30), (1e6, 100)])
def test_quotas_can_be_scaled(build: type[Stage], scale: float, burst: int) -> None:
    """One factor for every rate and burst."""
    assert said(limited(build, scale).customer(), 100) == burst


def test_quotas_can_be_off(stage: Stage) -> None:
    """As they are by default."""
    assert said(stage.customer(), 100) == 100


def test_an_instance_has_its_own_budget(build: type[Stage]) -> None:
    """The participant service counts by instance, shared by all chats of it [documented]."""
    stage = limited(build)
    customer, neighbour, other = stage.customer(), stage.customer(), stage.customer(InstanceId=ANOTHER)
    assert said(customer, 100) == 15
    assert said(neighbour, 100) == 0
    assert said(other, 100) == 15


def test_an_operation_has_its_own_budget(build: type[Stage]) -> None:
    """Who may not speak may still be typing [documented]."""
    customer = limited(build).customer()
    assert said(customer, 100) == 15
    customer.types()


@pytest.mark.parametrize(
    ("operation", "burst", "code"),
    [
        ("StartChatContact", 8, "TooManyRequestsException"),
        ("StartContactStreaming", 8, "LimitExceededException"),
        ("CreateParticipant", 8, "ThrottlingException"),
        ("StopContact", 15, "ThrottlingException"),
        ("DescribeContact", 15, "ThrottlingException"),
    ],
)
def test_the_control_plane_counts_by_account(build: type[Stage], operation: str, burst: int, code: str) -> None:
    """Over all instances, and each operation has its own word for it [documented]."""
    stage = limited(build)
    for number in range(burst + 1):
        params = {
            "InstanceId": ANOTHER if number % 2 else INSTANCE_ID,
            "ContactId": "unknown",
            "ContactFlowId": "nonsense",
            "ClientToken": str(number),
            "ParticipantDetails": {"DisplayName": "Ana", "ParticipantRole": "CUSTOM_BOT"},
            "ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:topic"},
        }
        expected = {"StartChatContact": "InvalidRequestException"}.get(operation, "ResourceNotFoundException")
        stage.refused(expected if number < burst else code, partial(stage.call, operation, params))
