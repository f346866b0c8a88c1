"""Secrets by reference: a setting names where the secret is, never the secret itself.

``env:NAME`` is an environment variable, ``file:/path`` a file whose trailing line end is dropped. Nothing here knows
what a secret is for.
"""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from agent.errors import InvalidSetting
from agent.ids import Secret


def _reference(text: object) -> str:
    kind, colon, where = str(text).partition(":")
    if colon and where and kind in {"env", "file"}:
        return str(text)
    raise PydanticCustomError("reference", "say where the secret is: env:NAME or file:/path, never the secret itself")


SecretReference = Annotated[str, BeforeValidator(_reference)]
"""Where a secret is: ``env:NAME`` or ``file:/path``."""


def resolve(setting: str, reference: SecretReference) -> Secret:
    """The secret that `reference` names; `setting` is only for the sentence when there is none.

    Raises:
        InvalidSetting: the variable is unset or empty, or the file cannot be read or is empty.
    """
    kind, _, where = reference.partition(":")
    value = os.environ.get(where, "") if kind == "env" else _file(setting, Path(where))
    if not value:
        place = f"the environment variable {where}" if kind == "env" else f"the file {where}"
        raise InvalidSetting(setting, f"{place} is empty or missing; put the secret there.")
    return Secret(value)


def _file(setting: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise InvalidSetting(setting, f"the file {path} cannot be read ({reason}).") from error
