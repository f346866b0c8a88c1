"""The fields of an intake: what each takes, and how a value is written as a contact attribute. It knows no chat."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self, assert_never

import pydantic

from agent import Answer, answers
from bots.declared import AttributeName, Table, mistake
from bots.picking import plain


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    EMAIL = "email"
    PHONE = "phone"
    CHOICE = "choice"


_RULES: Mapping[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset({"longest", "pattern"}),
    Kind.NUMBER: frozenset({"whole", "least", "most"}),
    Kind.DATE: frozenset({"earliest", "latest"}),
    Kind.EMAIL: frozenset(),
    Kind.PHONE: frozenset(),
    Kind.CHOICE: frozenset({"choices"}),
}


class Field(Table):
    """One field; `name` is the contact attribute. The rules from `longest` on belong to some kinds only."""

    name: AttributeName
    ask: str = pydantic.Field(min_length=1)
    label: str | None = None
    kind: Kind = Kind.TEXT
    optional: bool = False
    hint: str | None = None
    longest: int | None = pydantic.Field(default=None, ge=1)
    pattern: str | None = None
    whole: bool = False
    least: float | None = None
    most: float | None = None
    earliest: date | None = None
    latest: date | None = None
    choices: tuple[str, ...] = ()

    @pydantic.field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise mistake(f"this is no regular expression: {error}") from None
        return pattern

    @pydantic.model_validator(mode="after")
    def _has_the_rules_of_its_kind(self) -> Self:
        for rule in sorted(frozenset().union(*_RULES.values()) - _RULES[self.kind]):
            if rule in self.model_fields_set:
                raise mistake(f"a {self.kind} has no such rule", rule)
        if self.kind is Kind.CHOICE and not self.choices:
            raise mistake("a choice needs choices")
        if len(set(map(plain, self.choices))) < len(self.choices):
            raise mistake("two of the choices are alike", "choices")
        return self

    def answer(self, skip: str) -> Answer[Any]:
        """What the question takes; `skip` is the word for nothing, if the field is optional."""
        wanted = self._answer()
        if not self.optional:
            return wanted

        def read(said: str, at: datetime) -> object:
            return None if plain(said) == plain(skip) else wanted.read(said, at)

        return Answer(read, wanted.hint)

    def _answer(self) -> Answer[Any]:
        match self.kind:
            case Kind.TEXT if self.pattern:
                return answers.matching(self.pattern, "That does not look right.")
            case Kind.TEXT | Kind.CHOICE:
                return answers.text(longest=self.longest)
            case Kind.NUMBER if self.whole:
                return _bounded(answers.whole_number(), self.least, self.most, "a whole number")
            case Kind.NUMBER:
                return answers.number(least=self.least, most=self.most)
            case Kind.DATE:
                return _bounded(answers.date(), self.earliest, self.latest, "a date")
            case Kind.EMAIL:
                return answers.email()
            case Kind.PHONE:
                return answers.phone()
            case _:
                assert_never(self.kind)


def _bounded(wanted: Answer[Any], least: Any, most: Any, what: str) -> Answer[Any]:
    """`wanted` within bounds, which its hint names; each may be None."""
    bounds = [f"{word} {written(bound)}" for word, bound in (("from", least), ("to", most)) if bound is not None]

    def read(said: str, at: datetime) -> Any:
        value = wanted.read(said, at)
        if (least is not None and value < least) or (most is not None and value > most):
            raise ValueError
        return value

    return Answer(read, f"Please answer with {' '.join([what, *bounds])}.") if bounds else wanted


def written(value: object) -> str:
    """`value` as a contact attribute: numbers without needless zeros, days as ``2026-11-05``."""
    if isinstance(value, float):
        return f"{value:.15g}"
    return value.isoformat() if isinstance(value, date) else str(value)
