"""The border for foreign errors: ONE table from what AWS or the network did to what the project calls it.

Codes win over statuses, statuses over exception classes, and nothing is left over: what no row knows is an answer
outside the service model. It does not know which operations are retried or what a failure means for a chat.
"""

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from botocore import exceptions as aws

from agent import errors
from agent.aws.scrub import chain, error_name, request_id, shown, silence
from agent.aws.wires import NoConnection
from agent.errors import ConnectError
from agent.ports import Operation

CODES: Mapping[str, type[ConnectError]] = {
    # modelled by connect and connectparticipant
    "InvalidRequestException": errors.InvalidRequest,
    "InvalidParameterException": errors.InvalidRequest,
    "InvalidActiveRegionException": errors.InvalidRequest,
    "ValidationException": errors.InvalidRequest,
    "ServiceQuotaExceededException": errors.ServiceQuotaExceeded,
    "LimitExceededException": errors.Throttled,
    "AccessDeniedException": errors.AccessDenied,
    "ResourceNotFoundException": errors.ResourceNotFound,
    "ConflictException": errors.Conflict,
    "ResourceConflictException": errors.Conflict,
    "IdempotencyException": errors.Conflict,
    "ContactNotFoundException": errors.ContactGone,
    "ThrottlingException": errors.Throttled,
    "TooManyRequestsException": errors.Throttled,
    "InternalServiceException": errors.ServerFault,
    "InternalServerException": errors.ServerFault,
    # generic to AWS: credentials and signatures
    "AccessDenied": errors.AccessDenied,
    "ExpiredToken": errors.AccessDenied,
    "ExpiredTokenException": errors.AccessDenied,
    "IncompleteSignature": errors.AccessDenied,
    "InvalidAccessKeyId": errors.AccessDenied,
    "InvalidClientTokenId": errors.AccessDenied,
    "InvalidSignatureException": errors.AccessDenied,
    "MissingAuthenticationToken": errors.AccessDenied,
    "MissingAuthenticationTokenException": errors.AccessDenied,
    "NotAuthorized": errors.AccessDenied,
    "OptInRequired": errors.AccessDenied,
    "RequestExpired": errors.AccessDenied,
    "RequestTimeTooSkewed": errors.AccessDenied,
    "SignatureDoesNotMatch": errors.AccessDenied,
    "UnauthorizedOperation": errors.AccessDenied,
    "UnrecognizedClientException": errors.AccessDenied,
    # generic to AWS: load and faults
    "BandwidthLimitExceeded": errors.Throttled,
    "PriorRequestNotComplete": errors.Throttled,
    "RequestLimitExceeded": errors.Throttled,
    "RequestThrottled": errors.Throttled,
    "RequestThrottledException": errors.Throttled,
    "SlowDown": errors.Throttled,
    "Throttling": errors.Throttled,
    "ThrottledException": errors.Throttled,
    "TransactionInProgressException": errors.Throttled,
    "InternalError": errors.ServerFault,
    "InternalFailure": errors.ServerFault,
    "RequestTimeout": errors.ServerFault,
    "RequestTimeoutException": errors.ServerFault,
    "ServiceException": errors.ServerFault,
    "ServiceUnavailable": errors.ServerFault,
    "ServiceUnavailableException": errors.ServerFault,
    # generic to AWS: requests that nobody should have sent
    "MalformedHttpRequestException": errors.InvalidRequest,
    "SerializationException": errors.InvalidRequest,
    "UnknownOperationException": errors.UnexpectedAnswer,
}
"""Error names as AWS sends them. LimitExceeded is StartContactStreaming's 429 [documented]."""

STATUSES: Mapping[int, type[ConnectError]] = {
    401: errors.AccessDenied,
    402: errors.ServiceQuotaExceeded,
    403: errors.AccessDenied,
    404: errors.ResourceNotFound,
    407: errors.Unreachable,
    408: errors.ServerFault,
    409: errors.Conflict,
    410: errors.ContactGone,
    429: errors.Throttled,
}
"""For names that `CODES` lacks. Any other 4xx is the request's fault, any 5xx the service's."""


@dataclass(frozen=True, slots=True)
class _Row:
    """Exceptions of one kind. `sent` says whether the request may have reached the service."""

    causes: tuple[type[BaseException], ...]
    error: type[ConnectError]
    detail: str
    sent: bool


_NOBODY: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "the endpoint's name has no address"),
    (aiohttp.ClientConnectorCertificateError, "the endpoint's certificate is not trusted"),
    (aiohttp.ClientConnectorSSLError, "the TLS handshake with the endpoint failed"),
    (aiohttp.ClientProxyConnectionError, "the proxy does not answer"),
    (aiohttp.ClientConnectorError, "nobody answers at the endpoint"),
    (socket.gaierror, "the endpoint's name has no address"),
    (ssl.SSLCertVerificationError, "the endpoint's certificate is not trusted"),
    (aws.SSLError, "the TLS handshake with the endpoint failed"),
    (NoConnection, "nobody answers at the endpoint"),
)

_NO_CREDENTIALS = "no usable AWS credentials were found; run `aws sts get-caller-identity` to see what is wrong"

ROWS: tuple[_Row, ...] = (
    _Row((aws.ConnectTimeoutError,), errors.Unreachable, "connecting took too long", sent=False),
    _Row((aws.ReadTimeoutError,), errors.Unreachable, "the answer did not come in time", sent=True),
    _Row((aws.ConnectionClosedError,), errors.Unreachable, "the connection closed before the answer", sent=True),
    _Row((aws.SSLError,), errors.Unreachable, "the TLS handshake failed", sent=False),
    _Row((aws.ProxyConnectionError,), errors.Unreachable, "the proxy refused or did not answer", sent=False),
    _Row((aws.InvalidProxiesConfigError,), errors.Unreachable, "the proxy settings are wrong", sent=False),
    _Row((aws.EndpointConnectionError,), errors.Unreachable, "the connection broke", sent=True),
    _Row((aws.ConnectionError,), errors.Unreachable, "the connection failed", sent=True),
    _Row(
        (aws.ResponseStreamingError, aws.IncompleteReadError), errors.Unreachable, "the answer was cut off", sent=True
    ),
    _Row((aws.HTTPClientError,), errors.Unreachable, "the HTTP exchange failed", sent=True),
    _Row(
        (aws.CredentialRetrievalError, aws.MetadataRetrievalError),
        errors.Unreachable,
        "the source of AWS credentials did not answer",
        sent=False,
    ),
    _Row(
        (
            aws.NoCredentialsError,
            aws.PartialCredentialsError,
            aws.NoAuthTokenError,
            aws.TokenRetrievalError,
            aws.SSOError,
            aws.LoginError,
            aws.RefreshWithMFAUnsupportedError,
            aws.UnknownCredentialError,
            aws.ProfileNotFound,
            aws.ConfigNotFound,
            aws.ConfigParseError,
            aws.InvalidConfigError,
        ),
        errors.AccessDenied,
        _NO_CREDENTIALS,
        sent=False,
    ),
    _Row((aws.ParamValidationError,), errors.InvalidRequest, "", sent=False),
    _Row(
        (aws.ValidationError, aws.MissingParametersError, aws.InvalidHostLabelError),
        errors.InvalidRequest,
        "a parameter is not legal",
        sent=False,
    ),
    _Row(
        (aws.EndpointProviderError, aws.BaseEndpointResolverError, aws.InvalidEndpointConfigurationError),
        errors.Unreachable,
        "no endpoint is known for this region",
        sent=False,
    ),
    _Row((TimeoutError,), errors.Unreachable, "the call took too long", sent=True),
    _Row((OSError,), errors.Unreachable, "the connection broke", sent=True),
    _Row((Exception,), errors.UnexpectedAnswer, "the answer could not be read", sent=True),
)
"""The first row that fits decides."""

_QUOTABLE = frozenset(
    {
        Operation.CREATE_PARTICIPANT,
        Operation.DESCRIBE_CONTACT,
        Operation.GET_CONTACT_ATTRIBUTES,
        Operation.STOP_CONTACT,
        Operation.UPDATE_PARTICIPANT_ROLE_CONFIG,
    }
)
"""Calls whose requests hold no token and no customer's words, so that AWS's message about them may be shown."""

_PARAMETER = re.compile(r"(?:parameter|input:) \"?([A-Z][A-Za-z]*)")


def failure(operation: Operation, cause: Exception, *, during: BaseException | None = None) -> ConnectError:
    """What `cause`, met while calling `operation`, is called here; to be raised ``from cause``.

    The words of `cause` are replaced where they could quote a token, a request or an answer. `during` is what the
    caller was handling when it called: Python links it to `cause`, but it is not ours to read or change.
    """
    if isinstance(cause, aws.ClientError):
        return _answered(operation, cause, during)
    row = next(row for row in ROWS if isinstance(cause, row.causes))
    nobody = _nobody(cause, during)
    detail = _parameters(cause) or nobody or row.detail
    silence(cause, detail, during=during)
    error = row.error(operation.value, detail=detail)
    error.effect_unknown = error.effect_unknown and row.sent and not nobody
    return error


def reason(cause: Exception) -> str:
    """Why there is no answer, in words of our own; for whoever asks something that is no `Operation`."""
    return _nobody(cause, None) or next(row for row in ROWS if isinstance(cause, row.causes)).detail


def unexpected(operation: Operation, what: str) -> ConnectError:
    """An answer that arrived whole but lacks what the service model promises."""
    return errors.UnexpectedAnswer(operation.value, status=200, detail=what)


def _answered(operation: Operation, cause: aws.ClientError, during: BaseException | None) -> ConnectError:
    response: Mapping[str, Any] = cause.response
    about, metadata = response.get("Error") or {}, response.get("ResponseMetadata") or {}
    code, status = error_name(about.get("Code")), metadata.get("HTTPStatusCode")
    detail = shown(about.get("Message")) if operation in _QUOTABLE else ""
    silence(cause, detail or "AWS's words are left out", during=during)
    kind = CODES.get(code) or _by_status(status)
    request = request_id(metadata.get("RequestId"))
    return kind(operation.value, code=code, status=status, detail=detail, request_id=request)


def _by_status(status: object) -> type[ConnectError]:
    if not isinstance(status, int) or not 400 <= status < 600:
        return errors.UnexpectedAnswer
    return STATUSES.get(status) or (errors.InvalidRequest if status < 500 else errors.ServerFault)


def _nobody(cause: Exception, during: BaseException | None) -> str:
    """Why no connection came about; empty when one did, or when nothing tells.

    botocore has one class for a refused connect and a connection that broke; aiohttp's, which led to it, are several.
    """
    links = list(chain(cause, until=during))
    return next((words for kind, words in _NOBODY if any(isinstance(link, kind) for link in links)), "")


def _parameters(cause: Exception) -> str:
    """The names, never the values, of what botocore's own validation complains about."""
    if not isinstance(cause, aws.ParamValidationError):
        return ""
    names = sorted(set(_PARAMETER.findall(str(cause))))
    return f"not legal: {', '.join(names)}" if names else "a parameter is not legal"
