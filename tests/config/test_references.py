"""Secrets by reference."""

from pathlib import Path

import pytest

from agent.config import resolve
from agent.config.references import is_remote
from agent.errors import InvalidSetting


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """``env:NAME``."""
    monkeypatch.setenv("SOME_KEY", "hush")
    assert resolve("store.encryption_keys", "env:SOME_KEY").reveal() == "hush"


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    """``file:/path``, as Docker and Kubernetes mount secrets."""
    (tmp_path / "key").write_text("hush\n", encoding="utf-8")
    assert resolve("store.encryption_keys", f"file:{tmp_path / 'key'}").reveal() == "hush"


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not silently an empty key."""
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(InvalidSetting, match="the environment variable SOME_KEY is empty or missing"):
        resolve("store.encryption_keys", "env:SOME_KEY")


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    """The same for files."""
    (tmp_path / "key").write_text("\n", encoding="utf-8")
    with pytest.raises(InvalidSetting, match="is empty or missing"):
        resolve("store.encryption_keys", f"file:{tmp_path / 'key'}")


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """Missing, or no text."""
    with pytest.raises(InvalidSetting, match="No such file"):
        resolve("store.encryption_keys", f"file:{tmp_path / 'no'}")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InvalidSetting, match=r"no UTF-8 text"):
        resolve("store.encryption_keys", f"file:{tmp_path / 'binary'}")


@pytest.mark.parametrize("reference", ["aws-secretsmanager:shop/key#key", "aws-ssm:/shop/key"])
def test_what_aws_keeps_is_not_looked_for_here(reference: str) -> None:
    """Only who may speak to AWS can have it."""
    assert is_remote(reference)
    with pytest.raises(InvalidSetting, match="is kept by AWS"):
        resolve("store.encryption_keys", reference)
