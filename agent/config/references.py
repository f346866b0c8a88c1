"""Secrets by reference: a setting names where the secret is, never the secret itself.

``env:NAME`` is an environment variable, ``file:/path`` a file whose trailing line end is dropped,
``aws-secretsmanager:ID`` and ``aws-ssm:NAME`` are what AWS keeps: an ID or ARN in Secrets Manager, with ``#key`` one
text of a JSON object; a parameter's name or ARN. Nothing here speaks to AWS or knows what a secret is for.
"""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from agent.errors import InvalidSetting
from agent.ids import Secret

SECRETS_MANAGER = "aws-secretsmanager"
PARAMETER_STORE = "aws-ssm"
_REMOTE = frozenset({SECRETS_MANAGER, PARAMETER_STORE})
_KINDS = ("env", "file", SECRETS_MANAGER, PARAMETER_STORE)


def _reference(text: object) -> str:
    kind, colon, where = str(text).partition(":")
    if colon and where and kind in _KINDS:
        return str(text)
    raise PydanticCustomError(
        "reference",
        "say where the secret is: env:NAME or file:/path, aws-secretsmanager:ID or aws-ssm:NAME, "
        "never the secret itself",
    )


SecretReference = Annotated[
    str,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(_KINDS)}):."}),
]
"""Where a secret is: ``env:NAME``, ``file:/path``, ``aws-secretsmanager:ID``, ``aws-ssm:NAME``."""


def is_remote(reference: SecretReference) -> bool:
    """Whether AWS keeps the secret, so that `resolve` cannot have it."""
    return reference.partition(":")[0] in _REMOTE


def resolve(setting: str, reference: SecretReference) -> Secret:
    """The secret on this machine that `reference` names; `setting` is only for the sentence when there is none.

    Raises:
        InvalidSetting: the variable is unset or empty, the file cannot be read or is empty, or AWS keeps the secret.
    """
    kind, _, where = reference.partition(":")
    if kind in _REMOTE:
        raise InvalidSetting(setting, f"{where} is kept by AWS, which is not asked here; use env:NAME or file:/path.")
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
