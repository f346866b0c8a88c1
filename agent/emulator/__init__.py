"""Amazon Connect chat on localhost: faithful enough for unmodified clients, hostile on demand.

An independent reading of the protocol: of this project it shares only the clock. It must not know the agent.
"""

from agent.emulator.desk import Desk
from agent.emulator.errors import ServiceError
from agent.emulator.flow import BadFlow, FlowDefinition, load_flow, read_flow
from agent.emulator.operations import Operations
from agent.emulator.region import Region
from agent.emulator.server import INSTANCE_ID, Emulator, PortInUse, emulate, serve
from agent.emulator.settings import Settings

__all__ = [
    "INSTANCE_ID",
    "BadFlow",
    "Desk",
    "Emulator",
    "FlowDefinition",
    "Operations",
    "PortInUse",
    "Region",
    "ServiceError",
    "Settings",
    "emulate",
    "load_flow",
    "read_flow",
    "serve",
]
