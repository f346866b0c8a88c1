"""The shared AWS clients: opened once for a region, used by every chat, closed at the end.

Two clients, because the services differ: the control plane wants signed calls, the Participant Service wants none.
Neither retries: whoever calls knows whether a repeat is safe. It does not know any operation.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from botocore import UNSIGNED
from botocore.httpsession import get_cert_path

from agent.aws.bearer import BearerCalls
from agent.aws.calls import Caller, Calls, ClientCalls, InLine, Landed
from agent.aws.endpoints import endpoint_of, region_of
from agent.aws.hosts import host_of, is_aws, is_loopback
from agent.aws.http import LeanSession
from agent.aws.quiet import hush
from agent.aws.session import opened_session, signing_keys
from agent.aws.settings import AwsSettings
from agent.aws.signed import SignedCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsClients:
    """Open clients, ready for `BotoConnect` and `BotoParticipant`.

    Attributes:
        connect: calls of the control plane.
        participant: calls of the Participant Service.
        region: the region in use.
        allowed_hosts: the hosts outside AWS that the operator pointed at.
        ca_bundle: the file of trusted certificates in use.
    """

    connect: Calls
    participant: Calls
    region: str
    allowed_hosts: frozenset[str]
    ca_bundle: str


@asynccontextmanager
async def aws_clients(settings: AwsSettings) -> AsyncIterator[AwsClients]:
    """Opens both clients; on leaving, closes them and every connection.

    Raises:
        ConfigurationError: no region, no credentials, an unknown profile, or an endpoint outside AWS that no setting
            names.
    """
    session = opened_session(settings)
    region = region_of(session, settings)
    connect_url = await endpoint_of(session, "connect", region, settings.connect_endpoint)
    participant_url = await endpoint_of(session, "connectparticipant", region, settings.participant_endpoint)
    keys = await signing_keys(session, connect_url)
    connect = AioConfig(**client_options(settings, connect_url))
    participant = AioConfig(
        signature_version=UNSIGNED,
        **client_options(settings, participant_url),
    )
    shared: dict[str, Any] = {"region_name": region, "verify": settings.ca_bundle}
    async with (
        session.create_client("connect", endpoint_url=connect_url, config=connect, **shared, **keys) as control,
        session.create_client("connectparticipant", endpoint_url=participant_url, config=participant, **shared) as chat,
    ):
        hush()
        yield AwsClients(
            connect=Calls(_in_line(SignedCalls(control), settings)),
            participant=Calls(_participant_way(chat, settings)),
            region=region,
            allowed_hosts=frozenset(filter(_foreign, (host_of(connect_url), host_of(participant_url)))),
            ca_bundle=str(settings.ca_bundle or session.get_config_variable("ca_bundle") or get_cert_path(True)),
        )


def client_options(settings: AwsSettings, url: str) -> dict[str, Any]:
    """What every client of this package is configured with; botocore repeats no call."""
    return {
        "connect_timeout": settings.connect_timeout,
        "read_timeout": settings.read_timeout,
        "max_pool_connections": settings.max_connections,
        "retries": {"total_max_attempts": 1},
        "user_agent": settings.user_agent,
        "proxies": _proxies(settings, url),
        "connector_args": {"keepalive_timeout": settings.keepalive},
        "http_session_cls": LeanSession,
    }


def _proxies(settings: AwsSettings, url: str) -> dict[str, str] | None:
    """Loopback is never proxied: a proxy would look for it on its own machine. None leaves it to the environment."""
    if is_loopback(host_of(url)):
        return {}
    proxy = settings.proxy_url
    return None if proxy is None else {"http": proxy.reveal(), "https": proxy.reveal()}


def _participant_way(client: AioBaseClient, settings: AwsSettings) -> Caller:
    if settings.validate_participant_calls:
        return Landed(_in_line(ClientCalls(client), settings))
    way = BearerCalls(client, timeout=settings.call_timeout)
    return way if way.direct else Landed(_in_line(way, settings))


def _in_line(way: Caller, settings: AwsSettings) -> Caller:
    return InLine(way, at_once=settings.max_connections, timeout=settings.call_timeout)


def _foreign(host: str) -> bool:
    return not is_aws(host)
