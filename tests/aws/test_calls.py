"""One call: its place in line, its deadline, and what a broken exchange is called."""

import anyio
import pytest

from agent import errors
from agent.ids import ClientToken, Secret
from agent.ports import ParticipantPort
from tests.aws.conftest import BOTH_WAYS, Opening, Peer, Request, answer

TOKEN = Secret("connection-token")
SENT = answer(200, {"Id": "i", "AbsoluteTime": "t"})


async def say(port: ParticipantPort, content: str = "Hi") -> None:
    await port.send_message(TOKEN, content=content, content_type="text/plain", client_token=ClientToken("ct"))


async def look(port: ParticipantPort) -> None:
    """A call that is not brought to its end when it is cancelled."""
    await port.get_transcript(TOKEN)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (answer(403, {"message": "Forbidden"}), errors.AccessDenied),
        (answer(429, {"message": "slow"}), errors.Throttled),
        (answer(400, {"Message": "bad"}, x_amzn_ErrorType="ValidationException"), errors.InvalidRequest),
        (answer(409, {"code": "ConflictException"}), errors.Conflict),
        (answer(500, content=b"<html>oh</html>"), errors.ServerFault),
        (answer(502, content=b""), errors.ServerFault),
        (answer(503, content=b"\xff\xfe"), errors.UnexpectedAnswer),
        (answer(404, content=b"plain words"), errors.ResourceNotFound),
        (answer(200, content=b"not json"), errors.UnexpectedAnswer),
        (answer(200, content=b"\xff\xfe"), errors.UnexpectedAnswer),
        (answer(200, content=b""), errors.UnexpectedAnswer),
        (answer(200, ["a", "list"]), errors.UnexpectedAnswer),
        (answer(200, content=b"[" * 100_000), errors.UnexpectedAnswer),
        (answer(204, content=b""), errors.UnexpectedAnswer),
        (answer(302, location="http://127.0.0.1:1/"), errors.UnexpectedAnswer),
        (None, errors.Unreachable),
        (b"no http at all\r\n\r\n", errors.Unreachable),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nbad header\r\n\r\n", errors.Unreachable),
    ],
)
@BOTH_WAYS
async def test_every_kind_of_answer_has_its_error(
    peer: Peer, ports: Opening, said: bytes | None, kind: type[errors.ConnectError]
) -> None:
    """Statuses, garbage and hang-ups: one of ours comes out, with the cause kept where there is one."""
    peer.answers(said)
    async with ports() as opened:
        with pytest.raises(errors.ConnectError) as caught:
            await say(opened.participant)
    assert type(caught.value) is kind


@BOTH_WAYS
async def test_an_error_of_odd_form_is_not_retried(peer: Peer, ports: Opening) -> None:
    """An error body may hold anything; it is the request's fault or unreadable, never a reason to send again."""
    peer.answers(answer(400, {"message": {"a": 1}, "code": {"b": 2}}))
    async with ports() as opened:
        with pytest.raises((errors.InvalidRequest, errors.UnexpectedAnswer)) as caught:
            await say(opened.participant)
    assert not caught.value.retryable


@BOTH_WAYS
async def test_a_redirect_is_not_followed(peer: Peer, ports: Opening) -> None:
    """The bearer token would go along to wherever the answer points."""
    peer.answers(answer(307, location=f"{peer.url}/elsewhere"), SENT)
    async with ports() as opened:
        with pytest.raises(errors.UnexpectedAnswer):
            await say(opened.participant)
    assert [request.path for request in peer.requests] == ["/participant/message"]


@BOTH_WAYS
async def test_nothing_is_retried(peer: Peer, ports: Opening) -> None:
    """Whether a repeat is safe is known only to the caller."""
    peer.answers(answer(500, {}), answer(429, {}), None)
    async with ports() as opened:
        for _ in range(3):
            with pytest.raises(errors.ConnectError):
                await say(opened.participant)
    assert len(peer.requests) == 3


@BOTH_WAYS
async def test_a_refused_connect_leaves_no_doubt(ports: Opening, unused_tcp_port: int) -> None:
    """Nothing listens: nothing was sent."""
    async with ports(endpoint_url=f"http://127.0.0.1:{unused_tcp_port}") as opened:
        with pytest.raises(errors.Unreachable, match="nobody answers") as caught:
            await say(opened.participant)
    assert not caught.value.effect_unknown


@pytest.mark.parametrize("limits", [{"read_timeout": 0.05}, {"call_timeout": 0.05}])
@BOTH_WAYS
async def test_silence_ends_the_call(peer: Peer, ports: Opening, limits: dict[str, float]) -> None:
    """A service that does not answer costs a bounded time; whether it acted is unknown."""
    peer.stays_silent()
    async with ports(**limits) as opened:
        with pytest.raises(errors.Unreachable) as caught:
            await say(opened.participant)
        assert caught.value.effect_unknown
    assert len(peer.requests) <= 1


@BOTH_WAYS
async def test_an_answer_that_stops_half_way_is_unreachable(peer: Peer, ports: Opening) -> None:
    """The head promised more than came."""
    peer.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    async with ports(read_timeout=0.05) as opened:
        with pytest.raises(errors.Unreachable):
            await say(opened.participant)


@BOTH_WAYS
async def test_cancelling_closes_the_connection(peer: Peer, ports: Opening) -> None:
    """A connection with an answer still to come must not be reused for another chat's call."""
    peer.stays_silent()
    async with ports() as opened, anyio.create_task_group() as group:
        group.start_soon(look, opened.participant)
        with anyio.fail_after(5):
            await peer.arrived.wait()
            group.cancel_scope.cancel()
    with anyio.fail_after(5):
        await peer.closed.wait()
    assert peer.connections == set()


@BOTH_WAYS
async def test_a_cancelled_call_frees_its_place(peer: Peer, ports: Opening) -> None:
    """Cancelled while waiting or under way: the next one gets through."""
    peer.stays_silent()
    async with ports(max_connections=1) as opened:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(look, opened.participant)
            with anyio.fail_after(5):
                await peer.arrived.wait()
            group.cancel_scope.cancel()
        peer.answers(SENT)
        with anyio.fail_after(5):
            await say(opened.participant)


@BOTH_WAYS
async def test_one_connection_serves_many_calls(peer: Peer, ports: Opening) -> None:
    """Keep-alive: no handshake per message."""
    peer.answers(SENT)
    async with ports() as opened:
        for _ in range(5):
            await say(opened.participant)
    assert peer.opened == 1


@BOTH_WAYS
async def test_the_line_is_first_come_first_served(peer: Peer, ports: Opening) -> None:
    """With one connection and chats that send again at once, every chat gets every turn: nobody overtakes."""
    chats, rounds = 20, 5
    peer.answers(SENT)

    async def chat(port: ParticipantPort, name: str) -> None:
        for _ in range(rounds):
            await say(port, name)

    async with ports(max_connections=1) as opened, anyio.create_task_group() as group:
        for number in range(chats):
            group.start_soon(chat, opened.participant, str(number))
    served = [request.members["Content"] for request in peer.requests]
    for start in range(0, chats * rounds, chats):
        assert len(set(served[start : start + chats])) == chats


@BOTH_WAYS
async def test_no_more_calls_are_under_way_than_allowed(peer: Peer, ports: Opening) -> None:
    """The line is as wide as the setting says."""
    most = now = 0

    async def counting(request: Request) -> bytes:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await anyio.lowlevel.checkpoint()
        now -= 1
        return SENT

    peer.answering = counting
    async with ports(max_connections=3) as opened, anyio.create_task_group() as group:
        for _ in range(30):
            group.start_soon(say, opened.participant)
    assert (len(peer.requests), peer.opened) == (30, 3)
    assert most <= 3


@BOTH_WAYS
async def test_an_error_met_while_handling_another_leaves_that_alone(peer: Peer, ports: Opening) -> None:
    """A send inside an except block must not rewrite the words of what is being handled."""
    peer.answers(answer(403, {"message": "Forbidden"}))

    async def complain(port: ParticipantPort) -> None:
        try:
            raise ValueError("the bot's own words")
        except ValueError:
            with pytest.raises(errors.AccessDenied):
                await say(port)
            raise

    async with ports() as opened:
        with pytest.raises(ValueError, match="the bot's own words"):
            await complain(opened.participant)
