"""AWS's own service models as the emulator's contract: routes, checks of requests and answers, error names.

Read lazily from the installed botocore and kept for the process. This module must not know what any operation
does, nor any web framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from agent.emulator.errors import InvalidInput, ServiceError
from agent.emulator.shapes import Check, Compiler

VERSIONS = {"connect": "2017-08-08", "connectparticipant": "2018-09-07"}
INVALID = ("ValidationException", "InvalidRequestException", "InvalidParameterException")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its route, how its input and answer are checked, and which errors it models."""

    name: str
    service: str
    method: str
    path: str
    bearer: str | None
    query: Mapping[str, tuple[str, str]]
    check_input: Check
    check_answer: Check
    errors: frozenset[str]

    @property
    def invalid(self) -> str:
        """The modelled error code for a request against the rules."""
        return next((code for code in INVALID if code in self.errors), "InvalidRequestException")

    @property
    def internal(self) -> str:
        """The modelled error code for a failure of the service itself."""
        return next((code for code in self.errors if code.startswith("Internal")), "InternalServiceException")

    def validate(self, params: dict[str, object]) -> None:
        """Raise the modelled error when `params` break AWS's model."""
        try:
            self.check_input(params, "")
        except InvalidInput as error:
            raise ServiceError(self.invalid, str(error)) from None
        except RecursionError:
            raise ServiceError(self.invalid, "The request is nested too deeply.") from None


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service, without a session and its credentials."""
    return ServiceModel(Loader().load_service_model(service, "service-2", VERSIONS[service]), service)


@cache
def operation(service: str, name: str) -> Operation:
    """The compiled operation. Raises KeyError-like botocore errors for an unknown name."""
    model = service_model(service).operation_model(name)
    bearer = _bearer(model)
    skip = frozenset({bearer} if bearer else ())
    answer = model.output_shape
    return Operation(
        name=name,
        service=service,
        method=model.http["method"],
        path=model.http["requestUri"],
        bearer=bearer,
        query=_query(model),
        check_input=_compiler(service, closed=False).structure(model.input_shape, skip=skip),
        check_answer=_compiler(service, closed=True).structure(answer, skip=frozenset()) if answer else _nothing,
        errors=frozenset(shape.name for shape in model.error_shapes),
    )


@cache
def _compiler(service: str, *, closed: bool) -> Compiler:
    del service  # shape names are unique within one service only
    return Compiler(closed=closed)


def _bearer(model: OperationModel) -> str | None:
    shape = model.input_shape
    members = shape.members.items() if shape is not None else ()
    headers = (name for name, member in members if member.serialization.get("location") == "header")
    return next(headers, None)


def _query(model: OperationModel) -> dict[str, tuple[str, str]]:
    """Which members travel in the query string: their names there, their own names, and their types."""
    shape = model.input_shape
    return {
        member.serialization["name"]: (name, member.type_name)
        for name, member in (shape.members.items() if shape is not None else ())
        if member.serialization.get("location") == "querystring"
    }


def _nothing(value: object, path: str) -> None:
    if value:
        raise InvalidInput(f"{path or 'answer'}: this operation answers nothing")


class Routes:
    """From method and path to an operation and its path parameters."""

    def __init__(self, offered: dict[str, str]) -> None:
        """`offered` maps operation names to their service."""
        self._fixed: dict[str, dict[str, Operation]] = {}
        self._open: list[tuple[list[str], Operation]] = []
        for name, service in offered.items():
            found = operation(service, name)
            if "{" in found.path:
                self._open.append((found.path.split("/"), found))
            else:
                self._fixed.setdefault(found.path, {})[found.method] = found

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation for a raw (still quoted) path. Raises UnknownOperation: 404, or 405 for a wrong verb."""
        fixed = self._fixed.get(path)
        if fixed is not None and method in fixed:
            return fixed[method], {}
        candidates = list(fixed or ())
        for template, found in self._open:
            parameters = _match(template, path.split("/"))
            if parameters is not None and found.method == method:
                return found, parameters
            if parameters is not None:
                candidates.append(found.method)
        raise ServiceError(
            "UnknownOperationException",
            f"Use {' or '.join(candidates)} here." if candidates else "There is no such operation here.",
            status=405 if candidates else 404,
        )

    def methods(self, path: str) -> list[str]:
        """The verbs some operation answers to on this path."""
        found = list(self._fixed.get(path, ()))
        parts = path.split("/")
        return found + [op.method for template, op in self._open if _match(template, parts) is not None]


def _match(template: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(template) != len(parts):
        return None
    parameters = {}
    for wanted, part in zip(template, parts, strict=True):
        if wanted.startswith("{"):
            parameters[wanted.strip("{}+")] = unquote(part)
        elif wanted != part:
            return None
    return parameters
