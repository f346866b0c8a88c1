"""Answers: what a question takes, from the customer's words to a typed value.

An `Answer` is a value: how to read it, and what to say when it cannot be read. Reading is pure, so that a replay
reads the same; what "today" is comes from the message. It knows no chat.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from agent.bot.filters import compiled_pattern
from agent.errors import DialogError

T = TypeVar("T")

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+")
_PHONE = re.compile(r"\+?[\d\s()./-]{5,25}")
_YES = {"yes", "y", "yeah", "yep", "yup", "sure", "ok", "okay", "true", "1", "of course", "please", "yes please"}
_NO = {"no", "n", "nope", "nah", "false", "0", "no thanks", "no thank you"}
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a question takes.

    Attributes:
        read: makes the value of the customer's text and the moment it was sent; raises ValueError when it is none.
        hint: what is said before the question is asked again.
    """

    read: Callable[[str, datetime], T]
    hint: str


def text(*, longest: int | None = None) -> Answer[str]:
    """Any words, outer space taken off; at most `longest` characters if given."""

    def read(said: str, at: datetime) -> str:
        found = said.strip()
        if not found or (longest is not None and len(found) > longest):
            raise ValueError
        return found

    return Answer(read, "Please write a few words." if longest is None else f"Please write at most {longest} letters.")


def whole_number(*, least: int | None = None, most: int | None = None) -> Answer[int]:
    """A whole number, alone or the only one in a sentence, within bounds."""
    return Answer(
        lambda said, at: _within(_whole(said), least, most), f"Please answer with a whole number{_span(least, most)}."
    )


def number(*, least: float | None = None, most: float | None = None) -> Answer[float]:
    """A number; a comma may stand for the point."""
    return Answer(
        lambda said, at: _within(float(_decimal(said)), least, most),
        f"Please answer with a number{_span(least, most)}.",
    )


def decimal() -> Answer[Decimal]:
    """An exact number, such as an amount of money."""
    return Answer(lambda said, at: _decimal(said), "Please answer with a number.")


def yes_no() -> Answer[bool]:
    """Yes or no, in the usual words."""

    def read(said: str, at: datetime) -> bool:
        word = " ".join(said.casefold().strip(" .!").replace(",", "").split())
        if word not in _YES | _NO:
            raise ValueError
        return word in _YES

    return Answer(read, "Please answer with yes or no.")


def date() -> Answer[dt.date]:
    """A day: ``2026-11-05``, ``5.11.2026``, ``5 November 2026``, today, tomorrow, yesterday (days in UTC)."""
    return Answer(_date, "Please answer with a date such as 2026-11-05.")


def email() -> Answer[str]:
    """An e-mail address, alone or the only one in a sentence."""

    def read(said: str, at: datetime) -> str:
        found: list[str] = [one.strip(".") for one in _EMAIL.findall(said)]
        if len(found) != 1:
            raise ValueError
        return found[0]

    return Answer(read, "Please answer with an e-mail address.")


def phone() -> Answer[str]:
    """A telephone number; comes as its digits, with a leading ``+`` if that was written."""

    def read(said: str, at: datetime) -> str:
        written = said.strip()
        digits = re.sub(r"\D", "", written)
        if not _PHONE.fullmatch(written) or not 5 <= len(digits) <= 15:
            raise ValueError
        return f"+{digits}" if written.startswith("+") else digits

    return Answer(read, "Please answer with a telephone number.")


def matching(pattern: str, hint: str) -> Answer[str]:
    """Words that are wholly of `pattern`, ignoring case."""
    compiled = compiled_pattern("answers.matching", pattern, re.IGNORECASE, error=DialogError)

    def read(said: str, at: datetime) -> str:
        if not compiled.fullmatch(said.strip()):
            raise ValueError
        return said.strip()

    return Answer(read, hint)


_BY_TYPE: dict[object, Callable[[], Answer[Any]]] = {
    str: text,
    int: whole_number,
    float: number,
    Decimal: decimal,
    bool: yes_no,
    dt.date: date,
}


def answer(kind: object) -> Answer[Any]:
    """The `Answer` for the second argument of ``ask``.

    Raises:
        DialogError: there is none for it.
    """
    if isinstance(kind, Answer):
        return kind
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]()
    known = ", ".join(getattr(one, "__name__", "?") for one in _BY_TYPE)
    raise DialogError(f"chat.ask cannot read {kind!r}; give one of {known}, or an answer from agent.answers.")


def _whole(said: str) -> int:
    found = re.findall(r"(?<![\d.,])[+-]?\d+(?![\d]|[.,]\d)", said)
    if len(found) != 1:
        raise ValueError
    return int(found[0])


def _decimal(said: str) -> Decimal:
    found = re.findall(r"[+-]?\d+(?:[.,]\d+)?", said)
    if len(found) != 1:
        raise ValueError
    try:
        return Decimal(found[0].replace(",", "."))
    except InvalidOperation:
        raise ValueError from None


def _within(value: Any, least: float | None, most: float | None) -> Any:
    if (least is not None and value < least) or (most is not None and value > most):
        raise ValueError
    return value


def _span(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    if least is not None:
        return f", at least {least:g}"
    return "" if most is None else f", at most {most:g}"


def _date(said: str, at: datetime) -> dt.date:
    word = said.casefold().strip(" .!")
    days = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if word in days:
        return at.date() + timedelta(days=days[word])
    for form in _DATES:
        try:
            return datetime.strptime(word.replace(",", ""), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError
