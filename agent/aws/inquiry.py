"""Single calls to any service of AWS by whoever examines an installation: what came of each, as a value.

Nothing is raised and nothing repeated: a refusal and a silence are findings, not failures. It does not know what is
asked or what an answer means.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeAlias

import anyio
from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore import exceptions as aws
from botocore import xform_name
from botocore.httpsession import get_cert_path

from agent.aws.endpoints import endpoint_of, region_of
from agent.aws.failures import reason
from agent.aws.hosts import host_of, is_loopback
from agent.aws.quiet import hush
from agent.aws.scrub import error_name, shown
from agent.aws.session import opened_session, signing_keys
from agent.aws.settings import AwsSettings
from agent.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The service did what was asked. `date` is the moment that it showed."""

    members: Mapping[str, Any] = field(repr=False)
    date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The service answered with an error: its code, its HTTP status, its words made fit to be shown."""

    code: str
    status: int
    words: str = ""
    date: datetime | None = None

    @property
    def denied(self) -> bool:
        """The caller is known, and may not."""
        return self.code in _DENIALS

    @property
    def unknown_caller(self) -> bool:
        """The credentials themselves are refused."""
        return self.code in _STRANGERS

    @property
    def missing(self) -> bool:
        """What was asked about does not exist."""
        return self.status == 404 or self.code in _ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """No answer came; `reason` says why, in words of our own."""

    reason: str


Reply: TypeAlias = Answered | Refused | Unanswered

_DENIALS = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"})
_STRANGERS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_ABSENT = frozenset(
    {"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NotFoundException"}
)


class Inquiry(Protocol):
    """Asks AWS."""

    @property
    def region(self) -> str: ...

    @property
    def ca_bundle(self) -> str: ...

    async def endpoint(self, service: str) -> str:
        """Where `service` is asked. Raises ConfigurationError."""
        ...

    async def credentials(self) -> str | None:
        """By which way of botocore's chain credentials were found; None when none were."""
        ...

    async def __call__(self, service: str, operation: str, **members: Any) -> Reply:
        """What came of `operation` of `service`; members as the service model spells them."""
        ...


class AwsInquiry:
    """An `Inquiry` through aiobotocore; a client is opened when its service is first asked."""

    def __init__(
        self, session: AioSession, settings: AwsSettings, endpoints: Mapping[str, str], stack: AsyncExitStack
    ) -> None:
        self.region = region_of(session, settings)
        self._session = session
        self._settings = settings
        self._endpoints = endpoints
        self._stack = stack
        self._clients: dict[str, AioBaseClient] = {}
        self._opening = anyio.Lock()

    @property
    def ca_bundle(self) -> str:
        """The file of trusted certificates."""
        return str(self._settings.ca_bundle or self._session.get_config_variable("ca_bundle") or get_cert_path(True))

    async def endpoint(self, service: str) -> str:
        """See `Inquiry`."""
        return await endpoint_of(self._session, service, self.region, self._endpoints.get(service))

    async def credentials(self) -> str | None:
        """See `Inquiry`."""
        try:
            found = await self._session.get_credentials()
        except aws.BotoCoreError:
            return None
        return None if found is None else str(found.method)

    async def __call__(self, service: str, operation: str, **members: Any) -> Reply:
        """See `Inquiry`."""
        try:
            with anyio.fail_after(self._settings.call_timeout):
                client = await self._client(service)
                answer = await getattr(client, xform_name(operation))(**members)
        except aws.ClientError as error:
            return _refused(error.response)
        except ConfigurationError as error:
            return Unanswered(reason=str(error).rstrip("."))
        except Exception as error:  # whatever it was, it is what came of the call
            return Unanswered(reason=reason(error))
        metadata = answer.pop("ResponseMetadata", {})
        return Answered(members=answer, date=_date(metadata))

    async def _client(self, service: str) -> AioBaseClient:
        async with self._opening:
            if service not in self._clients:
                self._clients[service] = await self._stack.enter_async_context(await self._made(service))
                hush()
            return self._clients[service]

    async def _made(self, service: str) -> Any:
        url = await self.endpoint(service)
        proxy = self._settings.proxy_url
        config = AioConfig(
            connect_timeout=self._settings.connect_timeout,
            read_timeout=self._settings.read_timeout,
            retries={"total_max_attempts": 1},
            user_agent=self._settings.user_agent,
            proxies={} if is_loopback(host_of(url)) else proxy and dict.fromkeys(("http", "https"), proxy.reveal()),
        )
        return self._session.create_client(
            service,
            region_name=self.region,
            endpoint_url=url,
            verify=self._settings.ca_bundle,
            config=config,
            **await signing_keys(self._session, url),
        )


@asynccontextmanager
async def opened_inquiry(settings: AwsSettings, endpoints: Mapping[str, str]) -> AsyncIterator[AwsInquiry]:
    """An open inquiry; `endpoints` are those that the operator named, by service. On leaving, all is closed.

    Raises:
        ConfigurationError: no region is set, or the profile is unknown.
    """
    async with AsyncExitStack() as stack:
        yield AwsInquiry(opened_session(settings), settings, endpoints, stack)


def _refused(response: Mapping[str, Any]) -> Refused:
    about, metadata = response.get("Error") or {}, response.get("ResponseMetadata") or {}
    return Refused(
        code=error_name(about.get("Code")),
        status=int(metadata.get("HTTPStatusCode") or 0),
        words=shown(about.get("Message")),
        date=_date(metadata),
    )


def _date(metadata: Mapping[str, Any]) -> datetime | None:
    text = (metadata.get("HTTPHeaders") or {}).get("date")
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
