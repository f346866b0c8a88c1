"""One table for every error of AWS and of the network."""

import pytest
from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientProxyConnectionError,
)
from aiohttp.client_reqrep import ConnectionKey
from botocore import exceptions as aws
from botocore.session import Session

from agent import errors
from agent.aws.failures import CODES, ROWS, failure
from agent.ports import Operation

SERVICES = ("connect", "connectparticipant")


def client_error(code: object, status: object, message: object = "", request_id: object = "r-1") -> aws.ClientError:
    answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": request_id},
    }
    return aws.ClientError(answer, "Whatever")


def modelled() -> list[tuple[str, int]]:
    """Every error that the service models list for the operations in use."""
    found = set()
    for service in SERVICES:
        model = Session().get_service_model(service)
        for operation in set(Operation) & set(model.operation_names):
            shapes = model.operation_model(operation).error_shapes
            found |= {(shape.error_code, shape.metadata["error"]["httpStatusCode"]) for shape in shapes}
    return sorted(found)


def test_every_operation_is_in_a_model() -> None:
    """The test of the table means nothing for an operation that no model knows."""
    names = {name for service in SERVICES for name in Session().get_service_model(service).operation_names}
    assert set(Operation) <= names


@pytest.mark.parametrize(("code", "status"), modelled())
def test_every_modelled_error_has_its_row(code: str, status: int) -> None:
    """An error that the service model names is in the table, and its class fits its status."""
    by_code = type(failure(Operation.SEND_MESSAGE, client_error(code, status)))
    by_status = type(failure(Operation.SEND_MESSAGE, client_error("NeverHeardOf", status)))
    assert code in CODES
    assert by_code is by_status


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (401, errors.AccessDenied),
        (402, errors.ServiceQuotaExceeded),
        (403, errors.AccessDenied),
        (404, errors.ResourceNotFound),
        (407, errors.Unreachable),
        (408, errors.ServerFault),
        (409, errors.Conflict),
        (410, errors.ContactGone),
        (413, errors.InvalidRequest),
        (429, errors.Throttled),
        (499, errors.InvalidRequest),
        (500, errors.ServerFault),
        (503, errors.ServerFault),
        (599, errors.ServerFault),
        (302, errors.UnexpectedAnswer),
        (600, errors.UnexpectedAnswer),
        (None, errors.UnexpectedAnswer),
        ("403", errors.UnexpectedAnswer),
    ],
)
def test_an_unknown_code_goes_by_its_status(status: object, kind: type[errors.ConnectError]) -> None:
    """AWS may add names; the status says whose fault it is."""
    assert type(failure(Operation.SEND_MESSAGE, client_error("BrandNewException", status))) is kind


def test_a_known_code_wins_over_its_status() -> None:
    """Throttling sometimes comes as 400; it is throttling."""
    assert isinstance(failure(Operation.SEND_EVENT, client_error("ThrottlingException", 400)), errors.Throttled)


def test_an_answer_keeps_code_status_and_request_id() -> None:
    """Support asks for these three."""
    error = failure(Operation.STOP_CONTACT, client_error("ContactNotFoundException", 410, request_id="abc-123"))
    assert (error.operation, error.code, error.status, error.request_id) == (
        "StopContact",
        "ContactNotFoundException",
        410,
        "abc-123",
    )


@pytest.mark.parametrize("odd", [None, 7, {}, ["x"], "not a name!", "x" * 500, "two\nlines"])
def test_odd_codes_messages_and_ids_are_left_out(odd: object) -> None:
    """An answer may hold anything; what is no name, text or id is not shown."""
    error = failure(Operation.DESCRIBE_CONTACT, client_error(odd if odd != {} else None, 400, odd, odd))
    assert isinstance(error, errors.InvalidRequest)
    assert error.code == ""
    assert len(str(error)) < 700


def some(kind: type[BaseException]) -> BaseException:
    """An instance of `kind` without its constructor, which wants arguments that do not matter."""
    return kind.__new__(kind)


@pytest.mark.parametrize("kind", [kind for row in ROWS for kind in row.causes], ids=lambda kind: kind.__name__)
def test_every_row_can_be_reached(kind: type[BaseException]) -> None:
    """A row below one that is wider than itself would never be used."""
    row = next(row for row in ROWS if issubclass(kind, row.causes))
    assert kind in row.causes


def botocore_errors() -> list[type[Exception]]:
    kinds = (kind for kind in vars(aws).values() if isinstance(kind, type))
    return sorted((kind for kind in kinds if issubclass(kind, aws.BotoCoreError)), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", [*botocore_errors(), OSError, TimeoutError, KeyError, UnicodeDecodeError])
def test_nothing_is_left_unmapped(kind: type[Exception]) -> None:
    """Whatever botocore or Python raises leaves as one of ours."""
    assert isinstance(failure(Operation.SEND_MESSAGE, some(kind)), errors.ConnectError)  # type: ignore[arg-type]


def connecting_failed() -> Exception:
    key = ConnectionKey("h", 1, False, True, None, None, None)
    error = aws.EndpointConnectionError(endpoint_url="http://h:1")
    error.__context__ = ClientConnectorError(key, OSError(111, "refused"))
    return error


@pytest.mark.parametrize(
    ("cause", "unknown"),
    [
        (aws.ConnectTimeoutError(endpoint_url="u"), False),
        (aws.SSLError(endpoint_url="u", error="e"), False),
        (aws.ProxyConnectionError(proxy_url="u"), False),
        (connecting_failed(), False),
        (aws.CredentialRetrievalError(provider="p", error_msg="e"), False),
        (aws.EndpointConnectionError(endpoint_url="u"), True),
        (aws.ReadTimeoutError(endpoint_url="u"), True),
        (aws.ConnectionClosedError(endpoint_url="u"), True),
        (aws.HTTPClientError(error="e"), True),
        (TimeoutError(), True),
        (ConnectionResetError(), True),
    ],
)
def test_the_effect_is_unknown_only_when_the_request_may_have_been_sent(cause: Exception, unknown: bool) -> None:
    """A call that never left may be repeated without a thought; one that did needs its ClientToken."""
    error = failure(Operation.SEND_MESSAGE, cause)
    assert isinstance(error, errors.Unreachable)
    assert error.retryable
    assert error.effect_unknown is unknown


def test_what_the_caller_was_handling_is_left_alone() -> None:
    """Python links a new error to the one being handled; the caller's own is not ours to reword or to judge by."""
    theirs = connecting_failed()
    cause = aws.ReadTimeoutError(endpoint_url="u")
    cause.__context__ = theirs
    words = str(theirs)
    error = failure(Operation.SEND_MESSAGE, cause, during=theirs)
    assert error.effect_unknown
    assert str(theirs) == words
    assert cause.__context__ is theirs


@pytest.mark.parametrize(
    ("led_by", "words"),
    [
        (ClientConnectorDNSError, "the endpoint's name has no address"),
        (ClientConnectorCertificateError, "the endpoint's certificate is not trusted"),
        (ClientConnectorSSLError, "the TLS handshake with the endpoint failed"),
        (ClientProxyConnectionError, "the proxy does not answer"),
        (ClientConnectorError, "nobody answers at the endpoint"),
    ],
)
def test_why_nobody_answers_is_told(led_by: type[Exception], words: str) -> None:
    """Name, certificate and port are three different things to mend."""
    cause = aws.EndpointConnectionError(endpoint_url="http://h:1")
    cause.__context__ = some(led_by)  # type: ignore[assignment]
    assert words in str(failure(Operation.SEND_MESSAGE, cause))


def test_a_refused_parameter_is_named_without_its_value() -> None:
    """botocore quotes values; only the names are passed on."""
    report = (
        "Invalid type for parameter Content, value: my pin is 1234, type: x\n"
        'Missing required parameter in input: "InstanceId"\n'
        "Invalid length for parameter ParticipantDetails.DisplayName, value: 0"
    )
    cause = aws.ParamValidationError(report=report)
    error = failure(Operation.SEND_MESSAGE, cause)
    assert isinstance(error, errors.InvalidRequest)
    assert "not legal: Content, InstanceId, ParticipantDetails" in str(error)
    assert "1234" not in f"{error} {cause}"


def test_awss_words_are_shown_for_the_control_plane_and_scrubbed() -> None:
    """An operator needs to read which action is denied; a credential in the text is masked, and so is the cause."""
    token = "QVFJREFI" * 20
    said = (
        "User: arn:aws:iam::123456789012:user/bot is not authorized to perform: connect:CreateParticipant "
        f"with {token}\nThe canonical string was {token}"
    )
    cause = client_error("AccessDeniedException", 403, said)
    error = failure(Operation.CREATE_PARTICIPANT, cause)
    assert "arn:aws:iam::123456789012:user/bot is not authorized to perform: connect:CreateParticipant" in str(error)
    assert token not in f"{error} {cause}"
    assert "canonical" not in f"{error} {cause}"


@pytest.mark.parametrize(
    "operation", [Operation.SEND_MESSAGE, Operation.GET_TRANSCRIPT, Operation.UPDATE_CONTACT_ATTRIBUTES]
)
def test_awss_words_are_left_out_where_they_may_quote_a_customer(operation: Operation) -> None:
    """A refusal may repeat what it refuses."""
    cause = client_error("ValidationException", 400, "my pin is 1234 is too long")
    assert "1234" not in f"{failure(operation, cause)} {cause}"
