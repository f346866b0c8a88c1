"""The border for DynamoDB's errors: ONE table from its codes to what the store says.

It does not know what is repeated how often, nor what the items mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as aws

from agent.aws.failures import reason
from agent.aws.scrub import error_name, silence
from agent.errors import StoreError, StoreUnreachable, StoreUnusable

REFUSED_CONDITION = "ConditionalCheckFailedException"

_PASSING = frozenset(
    {
        "InternalServerError",
        "InternalServerErrorException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        # credentials that are being renewed
        "ExpiredToken",
        "ExpiredTokenException",
    }
)
"""What may go well a moment later [documented]."""

_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "NotAuthorized", "UnauthorizedOperation"})
_STRANGER = frozenset(
    {
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_MISSING = "ResourceNotFoundException"


class TableMissing(StoreUnusable):
    """There is no such table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a call went, for the sentence about its failure."""

    table: str
    region: str


def failure(operation: str, cause: Exception, place: Place) -> StoreError:
    """What `cause`, met while calling `operation`, is called here; to be raised ``from cause``.

    AWS's words about a refused request may quote an item, so they are left out.
    """
    if isinstance(cause, aws.ClientError):
        return _answered(operation, cause, place)
    why = reason(cause)
    silence(cause, why)
    about = f"{operation} on table {place.table} failed: {why}."
    if isinstance(cause, (aws.ParamValidationError, aws.NoCredentialsError, aws.PartialCredentialsError)):
        return StoreUnusable(f"{about} Nothing was changed.")
    return StoreUnreachable(f"{about} Check network, DNS, proxy and store.endpoint_url; it is tried again.")


def _answered(operation: str, cause: aws.ClientError, place: Place) -> StoreError:
    response: Mapping[str, Any] = cause.response
    code = error_name((response.get("Error") or {}).get("Code"))
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0
    silence(cause, code or str(status))
    about = f"{operation} on table {place.table} failed ({code or status})"
    if code == _MISSING:
        return TableMissing(
            f"There is no table {place.table} in {place.region}; make it with `chat-agent table create`, or correct "
            "store.table and store.region."
        )
    if code in _DENIED:
        return StoreUnusable(
            f"{about}: allow dynamodb:{operation} on the table {place.table} in {place.region} and on its index."
        )
    if code in _STRANGER:
        return StoreUnusable(f"{about}: `aws sts get-caller-identity` must succeed in the same environment.")
    if code in _PASSING or status in (408, 429) or not 400 <= status < 500:
        return StoreUnreachable(f"{about}; it is tried again.")
    return StoreUnusable(
        f"{about}: see `chat-agent table check`; DynamoDB took the request for wrong, and nothing was changed."
    )
