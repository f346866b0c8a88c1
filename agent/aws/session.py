"""Where credentials come from: botocore's own chain, with a clear sentence where it ends.

It knows no service and makes no call to one.
"""

from aiobotocore.parsers import AioResponseParser, AioResponseParserFactory
from aiobotocore.session import AioSession
from botocore import exceptions as aws

from agent.aws.hosts import host_of, is_loopback
from agent.aws.settings import AwsSettings
from agent.errors import ConfigurationError

_LOCAL_KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
_REMEDY = "`aws sts get-caller-identity` must succeed in the same environment."


def opened_session(settings: AwsSettings) -> AioSession:
    """A session of the wanted profile.

    Raises:
        ConfigurationError: there is no such profile, or the shared configuration cannot be read.
    """
    session = AioSession(profile=settings.profile)
    session.register_component("response_parser_factory", _OneParser())
    try:
        session.get_scoped_config()
    except aws.ProfileNotFound as cause:
        sentence = f"{cause}. `aws configure list-profiles` shows those that exist."
        raise ConfigurationError(sentence) from cause
    except aws.BotoCoreError as cause:
        raise ConfigurationError(f"The shared AWS configuration cannot be read: {cause}") from cause
    return session


class _OneParser(AioResponseParserFactory):  # type: ignore[misc]
    """One parser of each protocol for all calls: each holds itself in a circle, and remembers nothing of a call."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, AioResponseParser] = {}

    def create_parser(self, protocol_name: str) -> AioResponseParser:
        if protocol_name not in self._made:
            self._made[protocol_name] = super().create_parser(protocol_name)
        return self._made[protocol_name]


async def signing_keys(session: AioSession, endpoint_url: str) -> dict[str, str]:
    """Client arguments that sign calls to `endpoint_url`; empty when the session's own credentials do.

    A local endpoint works without any, so that nobody needs AWS to try things out; this machine's role is not asked
    for then, because asking takes a second where there is none.

    Raises:
        ConfigurationError: the endpoint is not local and there are no credentials.
    """
    local = is_loopback(host_of(endpoint_url))
    if local:
        session.get_component("credential_provider").remove("iam-role")
    try:
        credentials = await session.get_credentials()
    except aws.BotoCoreError as cause:
        if local:
            return _LOCAL_KEYS
        raise ConfigurationError(f"The AWS credentials cannot be used: {cause}. {_REMEDY}") from cause
    if credentials is not None:
        return {}
    if local:
        return _LOCAL_KEYS
    raise ConfigurationError(f"No AWS credentials were found. {_REMEDY}")
