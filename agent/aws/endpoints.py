"""Where the services are: what the operator named, else what botocore finds for the region.

An address outside AWS gets participant tokens and customers' words, so a stray variable of the environment must not
be able to name one: only this machine and AWS are taken from there. It makes no call.
"""

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore import UNSIGNED
from botocore import exceptions as aws

from agent.aws.hosts import host_of, is_aws, is_loopback
from agent.aws.settings import AwsSettings
from agent.errors import ConfigurationError

_LOCAL_REGION = "us-east-1"


def region_of(session: AioSession, settings: AwsSettings) -> str:
    """The region: the setting's, else the environment's or profile's, else any for local endpoints.

    Raises:
        ConfigurationError: none is set and an endpoint is not local.
    """
    named = settings.region or session.get_config_variable("region")
    if named:
        return str(named)
    if all(is_loopback(host_of(url or "")) for url in (settings.connect_endpoint, settings.participant_endpoint)):
        return _LOCAL_REGION
    raise ConfigurationError("No AWS region is set; set AWS_REGION, or the region setting, to the instance's region.")


async def endpoint_of(session: AioSession, service: str, region: str, named: str | None) -> str:
    """The address of `service`: `named` if given, else botocore's, which reads AWS_ENDPOINT_URL and its siblings.

    Raises:
        ConfigurationError: the address is none, or lies outside AWS although no setting names it.
    """
    if named:
        return _valid(service, named)
    found = await _found(session, service, region)
    host = host_of(found)
    if is_aws(host) or is_loopback(host):
        return found
    raise ConfigurationError(
        f"The address {found} of {service} lies outside AWS; if it is meant, name it in the endpoint_url setting."
    )


def _valid(service: str, named: str) -> str:
    if named.startswith(("http://", "https://")) and host_of(named):
        return named
    raise ConfigurationError(f"{named!r} is no address of {service}; give one like http://127.0.0.1:4510.")


async def _found(session: AioSession, service: str, region: str) -> str:
    # Unsigned, so that looking up an address does not look for credentials.
    config = AioConfig(signature_version=UNSIGNED)
    try:
        async with session.create_client(service, region_name=region, config=config) as client:
            return str(client.meta.endpoint_url)
    except (aws.BotoCoreError, ValueError) as cause:
        raise ConfigurationError(f"No address is known for {service} in region {region!r}: {cause}") from cause
