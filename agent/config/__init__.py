"""The operator's settings: one validated value, whatever they were written in."""

from agent.config.loading import Loaded, load
from agent.config.references import SecretReference, resolve
from agent.config.schema import schema
from agent.config.sections import (
    BotGuards,
    BotSection,
    Configuration,
    ConnectSection,
    ControlSection,
    GuardsSection,
    HealthSection,
    LoggingSection,
    PacingSection,
    Quota,
    RouteSection,
    RoutingSection,
    SessionSection,
    SourceSection,
    StoreSection,
    TracingSection,
    WorkerSection,
)
from agent.config.wording import ENVIRONMENT_PREFIX

__all__ = [
    "ENVIRONMENT_PREFIX",
    "BotGuards",
    "BotSection",
    "Configuration",
    "ConnectSection",
    "ControlSection",
    "GuardsSection",
    "HealthSection",
    "Loaded",
    "LoggingSection",
    "PacingSection",
    "Quota",
    "RouteSection",
    "RoutingSection",
    "SecretReference",
    "SessionSection",
    "SourceSection",
    "StoreSection",
    "TracingSection",
    "WorkerSection",
    "load",
    "resolve",
    "schema",
]
