"""Single questions to AWS: an answer, a refusal and a silence are values; nothing is raised, nothing repeated."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.aws.inquiry import Answered, Refused, Reply, Unanswered, opened_inquiry
from agent.aws.settings import AwsSettings
from agent.errors import ConfigurationError
from tests.aws.conftest import Peer, answer

INSTANCE = "11111111-2222-4333-8444-555555555555"
DATE = "Thu, 05 Nov 2026 10:15:20 GMT"


async def asked(peer: Peer, **settings: Any) -> Reply:
    """DescribeInstance at the peer."""
    async with opened_inquiry(AwsSettings(endpoint_url=peer.url, **settings), {"connect": peer.url}) as ask:
        return await ask("connect", "DescribeInstance", InstanceId=INSTANCE)


async def test_an_answer_comes_with_its_members_and_its_date(peer: Peer) -> None:
    """Without botocore's own metadata."""
    peer.answers(answer(200, {"Instance": {"Id": INSTANCE}}, Date=DATE))
    reply = await asked(peer)
    assert reply == Answered(members={"Instance": {"Id": INSTANCE}}, date=datetime(2026, 11, 5, 10, 15, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDeniedException", "denied"),
        (403, "UnrecognizedClientException", "unknown_caller"),
        (400, "ExpiredToken", "unknown_caller"),
        (404, "ResourceNotFoundException", "missing"),
        (400, "AWS.SimpleQueueService.NonExistentQueue", "missing"),
        (400, "InvalidRequestException", ""),
        (429, "ThrottlingException", ""),
    ],
)
async def test_a_refusal_is_one_of_a_few_kinds(peer: Peer, status: int, code: str, kind: str) -> None:
    """Denied, unknown, missing, or something else; asked once."""
    peer.answers(answer(status, {"message": "because"}, x_amzn_ErrorType=code, Date=DATE))
    reply = await asked(peer)
    assert isinstance(reply, Refused)
    assert (reply.code, reply.status, reply.words) == (code, status, "because")
    assert [name for name in ("denied", "unknown_caller", "missing") if getattr(reply, name)] == (
        [kind] if kind else []
    )
    assert reply.date is not None
    assert len(peer.requests) == 1


async def test_words_that_may_be_a_token_are_not_shown(peer: Peer) -> None:
    """AWS may quote what it was sent."""
    peer.answers(answer(400, {"message": f"bad {'T' * 60}"}, x_amzn_ErrorType="InvalidRequestException"))
    reply = await asked(peer)
    assert isinstance(reply, Refused)
    assert reply.words == "bad ****"


@pytest.mark.parametrize(
    ("prepare", "settings", "words"),
    [
        (lambda peer: peer.answers(None), {}, "closed before"),
        (lambda peer: peer.stays_silent(), {"read_timeout": 0.05}, "did not come in time"),
        (lambda peer: peer.stays_silent(), {"call_timeout": 0.05}, "took too long"),
    ],
)
async def test_a_silence_has_a_reason(
    peer: Peer, prepare: Callable[[Peer], None], settings: dict[str, float], words: str
) -> None:
    """In words of our own."""
    prepare(peer)
    reply = await asked(peer, **settings)
    assert isinstance(reply, Unanswered)
    assert words in reply.reason


async def test_a_date_that_is_none_is_left_out(peer: Peer) -> None:
    """Nobody's clock is judged by it."""
    peer.answers(answer(200, {}, Date="yesterday"))
    assert await asked(peer) == Answered(members={})


async def test_without_credentials_the_reason_says_so() -> None:
    """The service is not asked."""
    async with opened_inquiry(AwsSettings(region="us-east-1"), {}) as ask:
        reply = await ask("connect", "DescribeInstance", InstanceId=INSTANCE)
        assert await ask.credentials() is None
        assert await ask.endpoint("connect") == "https://connect.us-east-1.amazonaws.com"
        assert ask.ca_bundle.endswith(".pem")
    assert isinstance(reply, Unanswered)
    assert "No AWS credentials were found" in reply.reason


async def test_credentials_are_told_by_the_way_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a pair counts as none."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    async with opened_inquiry(AwsSettings(region="us-east-1"), {}) as ask:
        assert await ask.credentials() is None
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    async with opened_inquiry(AwsSettings(region="us-east-1"), {}) as ask:
        assert await ask.credentials() == "env"


async def test_an_unknown_profile_is_the_operators_mistake() -> None:
    """Nobody can be asked then."""
    with pytest.raises(ConfigurationError, match="profile"):
        async with opened_inquiry(AwsSettings(profile="nobody"), {}):
            pass
