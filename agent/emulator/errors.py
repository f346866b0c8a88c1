"""What the emulator answers when it refuses: one exception that carries AWS's code, status and sentence.

This module knows no HTTP and no operation; it must not know which operation models which error.
"""

STATUS = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "ContactFlowNotPublishedException": 404,
    "ContactNotFoundException": 410,
    "InternalServerException": 500,
    "InternalServiceException": 500,
    "InvalidActiveRegionException": 400,
    "InvalidParameterException": 400,
    "InvalidRequestException": 400,
    "LimitExceededException": 429,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "TooManyRequestsException": 429,
    "UnknownOperationException": 404,
    "ValidationException": 400,
}
"""HTTP status of each error code [documented]; an unknown code is a 400."""


class ServiceError(Exception):
    """A refusal in AWS's words. `extra` holds further modelled members of the error's body."""

    def __init__(
        self, code: str, message: str, *, status: int | None = None, extra: dict[str, object] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = STATUS.get(code, 400) if status is None else status
        self.extra = extra or {}


class InvalidInput(Exception):
    """A request against the rules; its operation decides which modelled error that is."""


def denied(message: str = "Access denied") -> ServiceError:
    """The answer to a token that is unknown, of the wrong kind, expired, or of somebody who is gone."""
    return ServiceError("AccessDeniedException", message)


def not_found(message: str) -> ServiceError:
    """The answer to an instance, contact or other thing that does not exist."""
    return ServiceError("ResourceNotFoundException", message)
