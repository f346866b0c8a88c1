"""Secrets that AWS keeps: Secrets Manager's and Parameter Store's, read once when a program starts.

A client is opened only when a reference names something of AWS. Their addresses are botocore's own (or what
``AWS_ENDPOINT_URL_SECRETS_MANAGER`` and ``AWS_ENDPOINT_URL_SSM`` say), never Amazon Connect's. No error quotes a
secret.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore import exceptions as aws

from agent.aws.endpoints import endpoint_of, region_of
from agent.aws.failures import reason
from agent.aws.quiet import hush
from agent.aws.session import opened_session, signing_keys
from agent.aws.settings import AwsSettings
from agent.config.references import PARAMETER_STORE, SECRETS_MANAGER, SecretReference, is_remote, resolve
from agent.errors import InvalidSetting, SecretUnavailable
from agent.ids import Secret

_ATTEMPTS = 3
_PASSING = frozenset({"ThrottlingException", "InternalServiceError", "InternalServerError", "ServiceUnavailable"})


async def secrets_of(setting: str, references: Sequence[SecretReference], settings: AwsSettings) -> list[Secret]:
    """The secrets that `references` name, in their order; `setting` is for the sentence when one cannot be had.

    Raises:
        InvalidSetting: there is no such secret, it may not be read, or it holds nothing usable.
        SecretUnavailable: AWS does not answer; later it may.
        ConfigurationError: AWS is needed, but region or credentials are missing.
    """
    session = opened_session(settings) if any(map(is_remote, references)) else None
    return [
        resolve(setting, reference)
        if session is None or not is_remote(reference)
        else await _fetched(setting, reference, session, settings)
        for reference in references
    ]


async def _fetched(setting: str, reference: SecretReference, session: AioSession, settings: AwsSettings) -> Secret:
    kind, _, where = reference.partition(":")
    try:
        text = await (_managed if kind == SECRETS_MANAGER else _parameter)(setting, where, session, settings)
    except aws.ClientError as error:
        raise _refusal(setting, kind, where, error) from None
    except (aws.BotoCoreError, OSError) as error:
        raise SecretUnavailable(setting, f"{where} cannot be read from AWS: {reason(error)}.") from None
    if not text:
        raise InvalidSetting(setting, f"{where} is empty; put the secret there.")
    return Secret(text)


async def _managed(setting: str, where: str, session: AioSession, settings: AwsSettings) -> str:
    name, _, key = where.partition("#")
    async with _client(SECRETS_MANAGER, name, session, settings) as client:
        answer = await client.get_secret_value(SecretId=name)
    text = answer.get("SecretString") or _binary(setting, name, answer.get("SecretBinary", b""))
    return _member(setting, name, text, key) if key else text


async def _parameter(setting: str, where: str, session: AioSession, settings: AwsSettings) -> str:
    async with _client(PARAMETER_STORE, where, session, settings) as client:
        answer = await client.get_parameter(Name=where, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


@asynccontextmanager
async def _client(kind: str, name: str, session: AioSession, settings: AwsSettings) -> AsyncIterator[AioBaseClient]:
    service = {SECRETS_MANAGER: "secretsmanager", PARAMETER_STORE: "ssm"}[kind]
    region = _region_in(name) or region_of(session, settings)
    url = await endpoint_of(session, service, region, None)
    config = AioConfig(retries={"mode": "standard", "total_max_attempts": _ATTEMPTS})
    keys = await signing_keys(session, url)
    opened = session.create_client(service, region_name=region, endpoint_url=url, config=config, **keys)
    async with opened as client:
        hush()
        yield client


def _region_in(name: str) -> str:
    """An ARN names its Region; it may be another than Amazon Connect's."""
    parts = name.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 5 else ""


def _binary(setting: str, name: str, secret: bytes) -> str:
    try:
        return secret.decode()
    except UnicodeDecodeError:
        raise InvalidSetting(setting, f"{name} is no UTF-8 text.") from None


def _member(setting: str, name: str, text: str, key: str) -> str:
    try:
        members = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise InvalidSetting(
            setting, f"{name} is no JSON object, so it has no key {key!r}; leave #{key} out."
        ) from None
    value = members.get(key)
    if not isinstance(value, str):
        raise InvalidSetting(setting, f"{name} has no text under the key {key!r}.")
    return value


def _refusal(setting: str, kind: str, where: str, error: aws.ClientError) -> InvalidSetting | SecretUnavailable:
    code = str(error.response.get("Error", {}).get("Code", ""))
    name = where.partition("#")[0] if kind == SECRETS_MANAGER else where
    if code in _PASSING:
        return SecretUnavailable(setting, f"{name} cannot be read from AWS now ({code}).")
    action = "secretsmanager:GetSecretValue" if kind == SECRETS_MANAGER else "ssm:GetParameter"
    return InvalidSetting(
        setting,
        f"{name} cannot be read ({code}); check its name and Region, and allow {action} on it "
        "and kms:Decrypt on its key.",
    )
