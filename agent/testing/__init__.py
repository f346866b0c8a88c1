"""The public test kit for bot authors: doubles that are products, documented and tested like the rest.

::

    async def test_order() -> None:                 # no network, virtual time
        async with chatting(bot) as customer:
            await customer.says("order")
            await customer.sees("Which size?")

Loaded on first use, so that the pytest plugin costs a foreign project nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.testing.clocks import ManualClock
    from agent.testing.person import Customer
    from agent.testing.room import chatting, customer
    from agent.testing.virtual import EverybodyWaits, VirtualLoop, run_virtually

_HOMES = {
    "Customer": "agent.testing.person",
    "EverybodyWaits": "agent.testing.virtual",
    "ManualClock": "agent.testing.clocks",
    "VirtualLoop": "agent.testing.virtual",
    "chatting": "agent.testing.room",
    "customer": "agent.testing.room",
    "run_virtually": "agent.testing.virtual",
}

__all__ = ["Customer", "EverybodyWaits", "ManualClock", "VirtualLoop", "chatting", "customer", "run_virtually"]


def __getattr__(name: str) -> object:
    if home := _HOMES.get(name):
        return getattr(import_module(home), name)
    raise AttributeError(f"module 'agent.testing' has no attribute {name!r}")
