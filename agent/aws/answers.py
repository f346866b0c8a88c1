"""Reading answers: what the service model promises is taken or refused by name, never by a KeyError.

It knows members and their types, not what they mean.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from agent.aws.failures import unexpected
from agent.ports import Operation

_T = TypeVar("_T")


def taken(operation: Operation, answer: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    """The non-empty member `name`, which must be a `kind`.

    Raises:
        UnexpectedAnswer: it is missing, empty or something else.
    """
    value = answer.get(name)
    if isinstance(value, kind) and value:
        return value
    raise unexpected(operation, f"the answer has no {name}")


def optional_text(answer: Mapping[str, Any], name: str) -> str | None:
    """The text `name`, or None when it is missing, empty or no text."""
    value = answer.get(name)
    return value if isinstance(value, str) and value else None


def texts(answer: Mapping[str, Any], name: str) -> dict[str, str]:
    """The map `name` of texts to texts; empty when it is missing, without entries of other types."""
    value = answer.get(name)
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {key: text for key, text in pairs if isinstance(key, str) and isinstance(text, str)}


def instant(operation: Operation, answer: Mapping[str, Any], name: str) -> datetime:
    """The ISO 8601 text `name` as a time with a zone; UTC where it names none.

    Raises:
        UnexpectedAnswer: it is missing or no such text.
    """
    if (moment := optional_instant(answer, name)) is not None:
        return moment
    raise unexpected(operation, f"the answer's {name} is no time")


def optional_instant(answer: Mapping[str, Any], name: str) -> datetime | None:
    """The ISO 8601 text `name` as a time with a zone, or None when it is missing or no such text."""
    try:
        moment = datetime.fromisoformat(answer.get(name) or "")
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
