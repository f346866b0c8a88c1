"""Secrets that AWS keeps, read from a real peer over HTTP: moto's server."""

import boto3
import pytest

from agent.aws.secrets import secrets_of
from agent.aws.settings import AwsSettings
from agent.errors import ConfigurationError, InvalidSetting, SecretUnavailable
from tests.aws.moto import Moto

SETTING = "store.encryption_keys"
HUSH = "tops3cret"


@pytest.fixture
def kept(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Moto:
    """The server, as botocore's own variables name it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", moto.url)
    return moto


def _put(moto: Moto, secret: str | bytes) -> str:
    """The new secret's name."""
    client = boto3.client("secretsmanager", endpoint_url=moto.url, region_name=moto.region)
    name = moto.name()
    content = {"SecretString": secret} if isinstance(secret, str) else {"SecretBinary": secret}
    client.create_secret(Name=name, **content)
    client.close()
    return name


async def _one(reference: str) -> str:
    [secret] = await secrets_of(SETTING, [reference], AwsSettings())
    assert HUSH not in repr(secret)
    return secret.reveal()


async def test_a_secret_comes_from_secrets_manager(kept: Moto) -> None:
    """By its name."""
    assert await _one(f"aws-secretsmanager:{_put(kept, HUSH)}") == HUSH


async def test_a_binary_secret_is_taken_as_text(kept: Moto) -> None:
    """As a file would be; what is none is refused without being shown."""
    assert await _one(f"aws-secretsmanager:{_put(kept, HUSH.encode())}") == HUSH
    with pytest.raises(InvalidSetting, match="no UTF-8 text"):
        await _one(f"aws-secretsmanager:{_put(kept, bytes([255, 254, 250]))}")


async def test_an_arn_brings_its_region(kept: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret may be kept in another Region than Amazon Connect is in."""
    client = boto3.client("secretsmanager", endpoint_url=kept.url, region_name="eu-central-1")
    arn = client.create_secret(Name=kept.name(), SecretString=HUSH)["ARN"]
    client.close()
    assert await _one(f"aws-secretsmanager:{arn}") == HUSH


async def test_a_key_picks_one_text_of_a_json_object(kept: Moto) -> None:
    """``#key``, as the console writes secrets."""
    name = _put(kept, f'{{"key": "{HUSH}", "number": 7}}')
    assert await _one(f"aws-secretsmanager:{name}#key") == HUSH
    for key in ("none", "number"):
        with pytest.raises(InvalidSetting, match="has no text under the key") as caught:
            await _one(f"aws-secretsmanager:{name}#{key}")
        assert HUSH not in str(caught.value)
    with pytest.raises(InvalidSetting, match="is no JSON object") as caught:
        await _one(f"aws-secretsmanager:{_put(kept, HUSH)}#key")
    assert HUSH not in str(caught.value)


async def test_a_secret_comes_from_parameter_store_decrypted(kept: Moto) -> None:
    """A SecureString, by its name."""
    client = boto3.client("ssm", endpoint_url=kept.url, region_name=kept.region)
    client.put_parameter(Name="/chat-agent/key", Value=HUSH, Type="SecureString")
    client.close()
    assert await _one("aws-ssm:/chat-agent/key") == HUSH


@pytest.mark.parametrize(
    ("reference", "action"),
    [("aws-secretsmanager:none#key", "secretsmanager:GetSecretValue"), ("aws-ssm:/none", "ssm:GetParameter")],
)
async def test_what_is_not_there_is_named_with_what_to_allow(kept: Moto, reference: str, action: str) -> None:
    """A wrong name and a missing permission look alike to an operator; both are told."""
    with pytest.raises(InvalidSetting, match=f"^{SETTING}: /?none cannot be read .*allow {action} on it"):
        await _one(reference)


async def test_an_aws_that_does_not_answer_may_answer_later(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mistake of the operator's, so it is another exit code."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
    with pytest.raises(SecretUnavailable, match=r"/key cannot be read from AWS: .*try again"):
        await _one("aws-ssm:/key")


async def test_an_address_outside_aws_is_refused(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stray variable must not be able to name who gets asked with our signature."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://evil.example")
    with pytest.raises(ConfigurationError, match="lies outside AWS"):
        await _one("aws-ssm:/key")


async def test_without_a_reference_to_aws_it_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither region nor credentials are needed for a file; the order is kept."""
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    monkeypatch.setenv("ONE", "1")
    monkeypatch.setenv("TWO", "2")
    one, two = await secrets_of(SETTING, ["env:ONE", "env:TWO"], AwsSettings())
    assert (one.reveal(), two.reveal()) == ("1", "2")


async def test_an_empty_secret_is_named(kept: Moto) -> None:
    """Not silently an empty key."""
    with pytest.raises(InvalidSetting, match="is empty; put the secret there"):
        await _one(f"""aws-secretsmanager:{_put(kept, '{"key": ""}')}#key""")
