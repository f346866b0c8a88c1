"""A customer over the real wire."""

import anyio
import pytest

from agent.aws.settings import AwsSettings
from agent.aws.wiring import aws_ports
from agent.cli.customer import Customer
from agent.clock import SystemClock
from agent.emulator import Emulator, emulate
from agent.errors import AccessDenied
from agent.ids import Secret
from agent.session.deadlines import Deadlines
from agent.wire.items import Item, Message

BOUND = 30


class _Ports:
    """As much of a session's ports as a customer needs."""

    def __init__(self, aws: object) -> None:
        self.participant = aws.participant  # type: ignore[attr-defined]
        self.sockets = aws.sockets  # type: ignore[attr-defined]
        self.clock = SystemClock()
        self.deadlines = Deadlines()


def _texts(items: list[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Message)]


async def _news(customer: Customer) -> list[str]:
    return _texts([item async for item in customer.news()])


async def test_a_customer_speaks_hears_reads_and_leaves() -> None:
    """Live items by websocket, everything by transcript, each transcript item once; leaving twice is harmless."""
    heard: list[Item] = []
    arrived = anyio.Event()

    def hear(item: Item) -> None:
        heard.append(item)
        if isinstance(item, Message):
            arrived.set()

    with anyio.fail_after(BOUND):
        async with (
            emulate() as connect,
            aws_ports(AwsSettings(endpoint_url=connect.url)) as aws,
            anyio.create_task_group() as group,
        ):
            customer, chat = _customer(connect, aws, hear)
            await group.start(customer.run)
            assert "Welcome" in (await _news(customer))[0]
            assert await _news(customer) == []
            for number in range(120):
                last = await customer.says(f"line {number}")
            await arrived.wait()
            assert _texts(heard)[0] == "line 0"
            assert await _news(customer) == [f"line {number}" for number in range(120)]
            assert connect.transcript(chat)[-1]["Id"] == last
            await customer.leaves()
            await customer.leaves()
            with pytest.raises(AccessDenied):
                await customer.says("too late")
            group.cancel_scope.cancel()


async def test_a_lost_socket_is_replaced_and_the_end_ends_it() -> None:
    """One who is on a terminal for hours keeps hearing; when the chat is over, `run` returns."""
    with anyio.fail_after(BOUND):
        async with (
            emulate() as connect,
            aws_ports(AwsSettings(endpoint_url=connect.url)) as aws,
            anyio.create_task_group() as group,
        ):
            words: list[str] = []
            heard = anyio.Event()

            def hear(item: Item) -> None:
                if isinstance(item, Message):
                    words.append(item.text)
                    heard.set()

            customer, _ = _customer(connect, aws, hear)
            await group.start(customer.run)
            connect.gateway.shut()
            while not heard.is_set():
                await customer.says("still there?")
                with anyio.move_on_after(0.2):
                    await heard.wait()
            assert words[-1] == "still there?"
            await customer.leaves()
            connect.gateway.shut()


def _customer(connect: Emulator, aws: object, heard: object) -> tuple[Customer, str]:
    chat = connect.start_chat()
    token = Secret(chat["ParticipantToken"])
    customer = Customer(token, ports=_Ports(aws), heard=heard)  # type: ignore[arg-type]
    return customer, chat["ContactId"]
