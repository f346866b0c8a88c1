"""aiobotocore, as an asyncio bot would use it: whole chats over its clients and a bare websocket."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect as dial
from websockets.exceptions import InvalidStatus

from agent.emulator import Emulator, Settings, emulate
from agent.emulator.weather_rules import Fault, Rule
from tests.clients.boto import check_refusal
from tests.clients.party import Parties, parties


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """An emulator whose answers are checked against AWS's model."""
    async with emulate(settings=Settings(validate_answers=True)) as one:
        yield one


@pytest.fixture
async def people(emulator: Emulator) -> AsyncIterator[Parties]:
    """The clients."""
    async with parties(emulator.url, max_pool_connections=100) as them:
        yield them


async def _refused(client: Any, name: str, call: Any) -> None:
    with pytest.raises(getattr(client.exceptions, name)) as caught:
        await call
    check_refusal(caught.value, name)


async def test_a_whole_chat(people: Parties) -> None:
    """Both sides see the same items in the same order, live and in the transcript, until chat.ended."""
    customer = await people.customer()
    async with customer.listening() as phone:
        bot = await people.bot(customer.contact_id)
        assert await phone.until("participant.joined")
        async with bot.listening() as ear:
            said = await customer.says("hello")
            heard, echo = await ear.item(), await phone.item()
            assert heard == echo
            assert (heard["Id"], heard["AbsoluteTime"]) == (said["Id"], said["AbsoluteTime"])
            assert (heard["ContactId"], heard["InitialContactId"]) == (customer.contact_id, customer.contact_id)
            await bot.signals("typing")
            assert (await phone.item())["ContentType"].endswith("event.typing")
            reply = await bot.says("hi!")
            await customer.signals("message.read", reply["Id"])
            assert await phone.until("message.metadata") == ["hi!", "message.metadata"]
            await bot.leaves()
            assert (await phone.item())["ContentType"].endswith("participant.left")
        await customer.leaves()
        assert await phone.until("chat.ended") == ["participant.left", "chat.ended"]


async def test_the_end_reaches_who_left(people: Parties) -> None:
    """A customer who leaves still hears chat.ended on the socket, as clients wait for it, however late it comes."""
    async with emulate(settings=Settings(chat_ended_delay=0.178)) as late, parties(late.url) as others:
        for crowd in (people, others):
            customer = await crowd.customer()
            async with customer.listening() as phone:
                await customer.leaves()
                assert await phone.until("chat.ended") == ["participant.left", "chat.ended"]


async def test_a_hundred_messages_at_once(people: Parties) -> None:
    """Parallel sends: each is delivered once to every socket, in the order of AbsoluteTime."""
    customer = await people.customer()
    bot = await people.bot(customer.contact_id)
    async with bot.listening() as ear, anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(customer.says, str(number))
        heard = [await ear.item() for _ in range(100)]
    assert sorted(int(item["Content"]) for item in heard) == list(range(100))
    assert len({item["Id"] for item in heard}) == 100
    times = [item["AbsoluteTime"] for item in heard]
    assert times == sorted(set(times))
    kept = [item["Id"] for item in await bot.reads(MaxResults=100, SortOrder="ASCENDING")]
    assert kept == [item["Id"] for item in heard]


async def test_a_subscription_comes_first(people: Parties) -> None:
    """Heartbeats are answered in any state; items only after subscribing, and none is replayed."""
    customer = await people.customer()
    async with dial(customer.url, compression=None) as line:
        await customer.says("nobody listens")
        await line.send('{"topic":"aws/heartbeat"}')
        await line.send('{"topic":"aws/ping"}')
        with anyio.fail_after(20):
            assert await line.recv() == '{"topic":"aws/heartbeat"}'
            assert await line.recv() == '{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}'
    async with customer.listening() as phone:
        await customer.says("somebody does")
        assert (await phone.item())["Content"] == "somebody does"


async def test_make_before_break(people: Parties) -> None:
    """Two sockets of one participant both get every item, until the older one is closed."""
    customer = await people.customer()
    async with customer.listening() as old:
        again = await people.joins(customer.contact_id, customer.id, customer.participant_token)
        async with again.listening() as new:
            await customer.says("both")
            assert (await old.item())["Id"] == (await new.item())["Id"]
            await old.line.close()
            await customer.says("one")
            assert (await new.item())["Content"] == "one"
    assert again.token == customer.token


async def test_refusals_arrive_as_their_classes(people: Parties) -> None:
    """Wrong tokens, wrong content, a second bot, an unknown contact, an ended chat."""
    customer = await people.customer()
    bot = await people.bot(customer.contact_id)
    side, control = people.participant, people.connect
    await _refused(control, "ConflictException", people.bot(customer.contact_id))
    await _refused(control, "ResourceNotFoundException", people.bot("00000000-0000-4000-8000-000000000000"))
    await _refused(side, "ValidationException", bot.says("x" * 16_385))
    await _refused(side, "ValidationException", bot.says("*hi*", "text/markdown"))
    await _refused(side, "AccessDeniedException", side.get_transcript(ConnectionToken=bot.participant_token))
    await _refused(side, "AccessDeniedException", people.joins(customer.contact_id, bot.id, bot.token))
    await customer.leaves()
    await _refused(side, "AccessDeniedException", bot.says("goodbye"))
    await _refused(side, "AccessDeniedException", people.joins(customer.contact_id, bot.id, bot.participant_token))


async def test_a_url_that_nobody_dialled_in_time(people: Parties, emulator: Emulator) -> None:
    """A websocket URL works for 100 seconds; after that the upgrade is refused with 403."""
    customer = await people.customer()
    emulator.region.leap(101)
    with pytest.raises(InvalidStatus) as caught:
        async with customer.listening():
            pass
    assert caught.value.response.status_code == 403


async def test_five_sockets_and_no_more(people: Parties) -> None:
    """The sixth websocket of a participant is refused as throttling, which SDKs try again."""
    customer = await people.customer()
    async with anyio.create_task_group() as group, parties(people.connect.meta.endpoint_url, retries=_ONCE) as hasty:
        for _ in range(5):
            another = await people.joins(customer.contact_id, customer.id, customer.participant_token)
            await group.start(_hold, another)
        with pytest.raises(ClientError) as caught:
            await hasty.joins(customer.contact_id, customer.id, customer.participant_token)
        check_refusal(caught.value, "ThrottlingException")
        group.cancel_scope.cancel()


_ONCE = {"max_attempts": 0}


async def _hold(one: Any, *, task_status: Any) -> None:
    async with one.listening():
        task_status.started()
        await anyio.sleep_forever()


async def test_lost_answers_are_repeated_safely(people: Parties, emulator: Emulator) -> None:
    """aiobotocore retries a call whose answer was lost with the same ClientToken: said once, joined once."""
    customer = await people.customer()
    emulator.weather.set([Rule(fault=Fault.CUT, when="after", operation="SendMessage", times=1)])
    sent = await customer.says("once")
    assert [item["Id"] for item in await customer.reads() if item.get("Content") == "once"] == [sent["Id"]]
