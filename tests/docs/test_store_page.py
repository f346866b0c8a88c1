"""The page about the store: its settings are settings, its actions are those that the store calls."""

import re
import tomllib
from pathlib import Path

from agent.aws.permissions import PERMISSIONS, Need
from agent.config import Configuration

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")


def test_the_settings_are_settings() -> None:
    """As an operator would copy them."""
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    store = Configuration(**tomllib.loads(block)).store
    assert (store.kind, store.table) == ("dynamodb", "chat-agent")


def test_the_actions_are_those_of_the_policy() -> None:
    """No more and no fewer for a worker."""
    about = PAGE.partition("The permissions, on the table")[2].partition("Only `table create`")[0]
    assert set(re.findall(r"`(dynamodb:\w+)`", about)) == {one.action for one in PERMISSIONS if one.need is Need.TABLE}
