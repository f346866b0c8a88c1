"""Amazon Connect chat on localhost: faithful enough for unmodified clients, hostile on demand.

An independent reading of the protocol: of this project it shares only the clock. It must not know the agent.
"""

from agent.emulator.certificate import NoCertificate
from agent.emulator.control import INSTANCE_ID
from agent.emulator.desk import Desk
from agent.emulator.errors import ServiceError
from agent.emulator.flow import BadFlow, FlowDefinition, load_flow, read_flow
from agent.emulator.operations import Operations
from agent.emulator.region import Region
from agent.emulator.server import Emulator, PortInUse, emulate, serve
from agent.emulator.settings import Settings
from agent.emulator.sinks import BadSink, Sink, read_sink
from agent.emulator.weather_rules import BadWeather, Fault, Rule, parse_weather

__all__ = [
    "INSTANCE_ID",
    "BadFlow",
    "BadSink",
    "BadWeather",
    "Desk",
    "Emulator",
    "Fault",
    "FlowDefinition",
    "NoCertificate",
    "Operations",
    "PortInUse",
    "Region",
    "Rule",
    "ServiceError",
    "Settings",
    "Sink",
    "emulate",
    "load_flow",
    "parse_weather",
    "read_flow",
    "read_sink",
    "serve",
]
