"""The short way and botocore's whole client: the same requests, the same answers."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from agent.aws.bearer import read, written
from agent.aws.participant import BotoParticipant
from agent.ids import ClientToken, ItemId, Secret
from agent.ports import TranscriptPage
from tests.aws.conftest import Opening, Peer, Request, answer

TOKEN = Secret("connection-token")
NOT_COMPARED = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "host", "content-length"}
COMPLETE = answer(
    200,
    {
        "Id": "i",
        "AbsoluteTime": "t",
        "Websocket": {"Url": "wss://x/", "ConnectionExpiry": "2026-11-06T10:15:01Z"},
        "ConnectionCredentials": {"ConnectionToken": "t", "Expiry": "2026-11-06T10:15:01Z"},
        "Transcript": [],
    },
)


async def call_everything(port: BotoParticipant, words: str) -> None:
    ct = ClientToken("ct")
    await port.create_participant_connection(TOKEN)
    await port.send_message(TOKEN, content=words, content_type="text/plain", client_token=ct)
    await port.send_event(TOKEN, content_type="e", content=words, client_token=ct)
    await port.get_transcript(TOKEN, start=ItemId("i"), next_token="n")
    await port.disconnect_participant(TOKEN, client_token=ct)


def essence(request: Request) -> tuple[Any, ...]:
    headers = {name: value for name, value in request.headers.items() if name not in NOT_COMPARED}
    return request.method, request.path, headers, request.members


@pytest.mark.parametrize("words", ["plain", 'ünï "code" 👋\n\\', "lone \ud800 surrogate", "x" * 16_384])
async def test_the_requests_are_the_same(peer: Peer, ports: Opening, words: str) -> None:
    """Method, path, headers and body, for every operation."""
    peer.answers(COMPLETE)
    async with ports() as short, ports(validate_participant_calls=True) as whole:
        await call_everything(short.participant, words)
        await call_everything(whole.participant, words)
    assert len(peer.requests) == 10
    assert [essence(one) for one in peer.requests[:5]] == [essence(one) for one in peer.requests[5:]]


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(), lambda inner: some.lists(inner, max_size=3)
)


@given(members=some.dictionaries(some.sampled_from(["Content", "ContentType", "MaxResults", "Type"]), JSON))
def test_a_body_is_what_json_writes(members: dict[str, Any]) -> None:
    """To the byte, as botocore's serializer has it written; half a surrogate too."""
    assert written(members) == json.dumps(members).encode()


@given(answer=some.dictionaries(some.text(), JSON), ascii=some.booleans())
def test_an_answer_is_what_json_reads(answer: dict[str, Any], ascii: bool) -> None:
    """Whatever is in it, half a surrogate too."""
    content = json.dumps(answer, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    try:
        expected = json.loads(content)
    except ValueError:
        with pytest.raises(ValueError):
            read(content)
    else:
        assert read(content) == expected


TEXTS = some.text(max_size=20)
RECEIPT = some.fixed_dictionaries({}, optional={"DeliveredTimestamp": TEXTS, "RecipientParticipantId": TEXTS})
ITEM = some.fixed_dictionaries(
    {},
    optional={
        "Id": TEXTS,
        "Type": some.sampled_from(["MESSAGE", "EVENT", "ATTACHMENT", "MESSAGEMETADATA", "ODD"]),
        "AbsoluteTime": TEXTS,
        "Content": TEXTS,
        "ContentType": TEXTS,
        "ParticipantId": TEXTS,
        "ParticipantRole": some.sampled_from(["AGENT", "CUSTOMER", "SYSTEM", "CUSTOM_BOT", "ODD"]),
        "DisplayName": TEXTS,
        "ContactId": TEXTS,
        "Attachments": some.lists(some.fixed_dictionaries({"AttachmentId": TEXTS, "Status": TEXTS}), max_size=2),
        "MessageMetadata": some.fixed_dictionaries({"MessageId": TEXTS, "Receipts": some.lists(RECEIPT, max_size=2)}),
    },
)
PAGE = some.fixed_dictionaries(
    {"Transcript": some.lists(ITEM, max_size=4)}, optional={"InitialContactId": TEXTS, "NextToken": TEXTS}
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=some.lists(PAGE, min_size=1, max_size=10))
async def test_the_answers_are_the_same(peer: Peer, ports: Opening, bodies: list[dict[str, Any]]) -> None:
    """Whatever the service model allows in a transcript, both ways read the same from it."""
    read: list[list[TranscriptPage]] = []
    async with ports() as short, ports(validate_participant_calls=True) as whole:
        for way in (short, whole):
            peer.answers(*(answer(200, body) for body in bodies))
            read.append([await way.participant.get_transcript(TOKEN) for _ in bodies])
    assert read[0] == read[1]
