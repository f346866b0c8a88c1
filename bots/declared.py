"""Bots declared in a TOML file: where the file is, what is wrong in it, and what stands there when there is none.

Each ready-made bot but echo has one: the file that the environment variable ``MENU_TOML`` (``FAQ_TOML``, …) names, else
``menu.toml`` in the current directory. A bot whose file is missing or broken can be imported and says so when it is
loaded, so that it takes no other bot down. Nothing here knows a particular bot.
"""

import dataclasses
import os
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pydantic
from pydantic_core import ErrorDetails, PydanticCustomError

from agent import Bot, Chat, RegistrationError, SettingsFile, Texts
from bots.places import Location, place, places

_MOST_MISTAKES = 10


class Table(pydantic.BaseModel):
    """A table of the file; a key that it does not know is a mistake, with a suggestion."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, given: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in given if isinstance(given, dict) else ():
            if key not in known:
                raise mistake(f"unknown key; {suggestion(key, known)}", key)
        return given


class Declaration(Table):
    """What every declared bot may set: the name the customer sees, and the sentences of `Texts`."""

    display_name: str | None = None
    texts: dict[str, str] = pydantic.Field(default_factory=dict)

    @pydantic.field_validator("texts")
    @classmethod
    def _known_texts(cls, given: dict[str, str]) -> dict[str, str]:
        known = [field.name for field in dataclasses.fields(Texts)]
        for name in given:
            if name not in known:
                raise mistake(f"unknown text; {suggestion(name, known)}", name)
        return given

    def sentences(self) -> Texts:
        """What the bot says by itself."""
        return Texts(**self.texts)


AttributeName = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9_-]+$")]
"""A contact attribute's name: letters, digits, dash and underscore [documented]."""

Attributes = dict[AttributeName, str]


class HandOff(Table):
    """How a chat is passed on: what is said, and the contact attributes the flow will read."""

    say: str | None = None
    attributes: Attributes = pydantic.Field(default_factory=dict)

    async def perform(self, chat: Chat[Any, Any], more: Mapping[str, str] | None = None) -> None:
        """Hands `chat` off, with `more` attributes besides."""
        await chat.hand_off(attributes={**(more or {}), **self.attributes}, say=self.say or None)


SettingsT = TypeVar("SettingsT", bound=Declaration)


class Undeclared(Bot):
    """A bot that cannot be served, because of its file; loading it says why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name)
        self._why = why

    def freeze(self) -> None:
        """Raises RegistrationError: the file is missing or broken."""
        raise RegistrationError(self._why)


def declared(name: str, of: type[SettingsT], build: Callable[[SettingsT], Bot[Any, Any]]) -> Bot[Any, Any]:
    """The bot that `build` makes of the file of `name`, or an `Undeclared` one."""
    bot: Bot[Any, Any]
    try:
        bot = build(read(file_of(name), of))
    except RegistrationError as error:
        bot = Undeclared(name, str(error))
    bot.settings_file = SettingsFile(file=f"{name}.toml", variable=variable_of(name), keys=tuple(of.model_fields))
    return bot


def variable_of(name: str) -> str:
    """The environment variable that names the file of the bot `name`."""
    return f"{name.upper()}_TOML"


def file_of(name: str) -> Path:
    """Where the file of the bot `name` is.

    Raises:
        RegistrationError: it is nowhere.
    """
    variable = variable_of(name)
    if named := os.environ.get(variable):
        return Path(named)
    here = Path(f"{name}.toml")
    if not here.exists():
        raise RegistrationError(f"it needs {here} in the current directory, or {variable}=path/to/file; see docs/bots.")
    return here


def read(file: Path, of: type[SettingsT]) -> SettingsT:
    """The declaration in `file`.

    Raises:
        RegistrationError: it cannot be read or means nothing; the text has a line for each mistake.
    """
    try:
        text = file.read_text(encoding="utf-8")
        return of.model_validate(tomllib.loads(text))
    except OSError as error:
        raise RegistrationError(f"{file} cannot be read: {error.strerror}.") from error
    except pydantic.ValidationError as error:
        raise RegistrationError(_told(file.name, places(text), error)) from None
    except tomllib.TOMLDecodeError as error:
        why = str(error).replace("at end of document", f"at line {text.count(chr(10)) + 1}, where the file ends")
        raise RegistrationError(f"{file.name} is no TOML: {why}.") from None
    except UnicodeDecodeError as error:
        raise RegistrationError(f"{file.name} is no TOML: it is no UTF-8 from byte {error.start} on.") from None


def mistake(sentence: str, *at: str | int) -> PydanticCustomError:
    """What a validator raises to say that `sentence` is true of the key `at`, seen from its own place."""
    return PydanticCustomError("mistake", "{sentence}", {"sentence": sentence, "at": at})


def suggestion(wanted: str, known: list[str]) -> str:
    """The one of `known` that was probably meant, else all of them."""
    near = get_close_matches(wanted.casefold(), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there is {', '.join(known)}"


def _told(file: str, known: Mapping[Location, int], error: pydantic.ValidationError) -> str:
    mistakes = error.errors(include_url=False, include_input=False)
    sentences = [_sentence(file, known, one) for one in mistakes[:_MOST_MISTAKES]]
    if len(mistakes) > _MOST_MISTAKES:
        sentences.append(f"and {len(mistakes) - _MOST_MISTAKES} more mistakes.")
    return "\n".join(sentences)


def _sentence(file: str, known: Mapping[Location, int], error: ErrorDetails) -> str:
    at: Location = (*error["loc"], *error.get("ctx", {}).get("at", ()))
    shown = ".".join(str(part + 1) if isinstance(part, int) else part for part in at)
    what = "missing" if error["type"] == "missing" else error["msg"][:1].lower() + error["msg"][1:]
    key = f" {shown}:" if shown else ""
    return f"{file}, line {place(at, known)}:{key} {what}"
