"""Where a secret is, instead of the secret: ``env:NAME`` or ``file:/path``. It knows no bot."""

import os
from pathlib import Path
from typing import Annotated

import pydantic

from agent import RegistrationError
from bots.declared import mistake


def _reference(given: str) -> str:
    if given.partition(":")[0] not in {"env", "file"}:
        raise mistake("say where the secret is, env:NAME or file:/path, never the secret itself")
    return given


Reference = Annotated[str, pydantic.AfterValidator(_reference)]
"""Where a secret is: ``env:NAME`` or ``file:/path``."""


def resolved(setting: str, where: str) -> str:
    """The secret that the reference `where` names. Raises RegistrationError if there is none."""
    kind, _, place = where.partition(":")
    try:
        secret = os.environ.get(place, "") if kind == "env" else Path(place).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        secret = ""
    if not secret:
        raise RegistrationError(f"{setting}: {where} is missing, unreadable or empty; put the secret there.")
    return secret
