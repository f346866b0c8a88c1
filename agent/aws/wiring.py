"""The three ports to Amazon Connect, opened together: one call for whoever runs chats."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent.aws.clients import aws_clients
from agent.aws.connect import BotoConnect
from agent.aws.participant import BotoParticipant
from agent.aws.settings import AwsSettings, SocketSettings
from agent.aws.websocket import WebsocketsSocketPort


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsPorts:
    """Open ports, shared by all chats of a process."""

    connect: BotoConnect
    participant: BotoParticipant
    sockets: WebsocketsSocketPort
    region: str


@asynccontextmanager
async def aws_ports(settings: AwsSettings) -> AsyncIterator[AwsPorts]:
    """Opens the ports; websockets may go wherever the endpoint settings point.

    Raises:
        ConfigurationError: see `agent.aws.clients.aws_clients`.
    """
    async with aws_clients(settings) as clients:
        sockets = SocketSettings(
            allowed_hosts=clients.allowed_hosts,
            ca_bundle=clients.ca_bundle,
            proxy_url=settings.proxy_url,
            user_agent=settings.user_agent,
        )
        yield AwsPorts(
            connect=BotoConnect(clients.connect),
            participant=BotoParticipant(clients.participant),
            sockets=WebsocketsSocketPort(sockets),
            region=clients.region,
        )
