"""The JSON schema of the settings' file accepts what the loader accepts, and says what each setting means."""

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent.config import Configuration, schema

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


def _is_valid(text: str) -> bool:
    validator = jsonschema.Draft202012Validator(schema())
    return bool(validator.is_valid(tomllib.loads(text)))


def test_it_is_a_schema() -> None:
    """By the dialect that it names."""
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_file_of_the_documentation_fits() -> None:
    """The one that people copy."""
    text = DOCS.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert "[connect]" in text
    assert _is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "[pacing.send_message]\nrate = 50",
        '[session]\ntyping_after = "never"',
        '[store]\nencryption_keys = ["aws-ssm:/key", "env:KEY"]',
        "[worker]\nmax_chats = 1",
        "",
    ],
)
def test_what_the_loader_accepts_fits(text: str) -> None:
    """Half a quota, a setting that is never, a reference to a secret, nothing at all."""
    assert _is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "[conect]",
        "[worker]\nmax_chat = 1",
        "[worker]\nmax_chats = 0",
        '[session]\ntyping_after = "soon"',
        '[store]\nencryption_keys = ["tops3cret"]',
        "[health]\nport = 70000",
    ],
)
def test_what_the_loader_refuses_does_not_fit(text: str) -> None:
    """Unknown names, numbers out of bounds, a secret in the place of its reference."""
    assert not _is_valid(text)


def test_every_setting_says_what_it_means() -> None:
    """In a sentence, without a docstring's marks; only an operation's quota is explained by its name."""
    drawn: dict[str, Any] = schema()
    for section, field in Configuration.model_fields.items():
        about = drawn["$defs"][field.annotation.__name__]  # type: ignore[union-attr]
        assert about["description"], section
        for name, setting in about["properties"].items():
            if not (section == "pacing" and "$ref" in setting):
                assert setting["description"].endswith("."), f"{section}.{name}"
                assert "``" not in setting["description"]
                assert "\n" not in setting["description"]
