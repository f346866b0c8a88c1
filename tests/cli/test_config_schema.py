"""``chat-agent config schema``: for editors and programs."""

import json
from collections.abc import Callable

import pytest

from agent.config import schema


def test_it_prints_the_schema_and_nothing_else(quickly: Callable[..., tuple[int, str, str]]) -> None:
    """As JSON on standard output, without looking at any settings."""
    code, output, errors = quickly("config", "schema")
    assert (code, errors) == (0, "")
    assert json.loads(output) == schema()


def test_a_secret_is_shown_by_its_place_only(
    quickly: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``config show`` has nothing to hide: it never had the secret."""
    monkeypatch.setenv("CHAT_AGENT_STORE__ENCRYPTION_KEYS", '["env:SHOP_KEY", "aws-ssm:/shop/key"]')
    monkeypatch.setenv("SHOP_KEY", "tops3cret")
    code, output, _ = quickly("config", "show", "--json")
    assert code == 0
    [keys] = [row for row in json.loads(output) if row["name"] == "store.encryption_keys"]
    assert keys == {
        "name": "store.encryption_keys",
        "value": ["env:SHOP_KEY", "aws-ssm:/shop/key"],
        "from": "environment",
    }
    assert "tops3cret" not in output
