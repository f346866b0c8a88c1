"""Exit codes mean what the documentation says they mean."""

import re
from pathlib import Path

import pytest

from agent.aws.failures import CODES
from agent.cli.exits import MEANINGS, Exit, exit_of
from agent.errors import (
    AlreadyOwned,
    BotError,
    ChatEnded,
    ContactEnded,
    InvalidSetting,
    PortInUse,
    SecretUnavailable,
    SocketClosed,
    StoreUnreachable,
    StoreUnusable,
    TargetNotFound,
)

PAGE = Path(__file__).parents[2] / "docs" / "command.md"


def test_the_documented_table_is_the_codes() -> None:
    """One table, word by word."""
    table = PAGE.read_text(encoding="utf-8").partition("\n## Exit codes\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", table, re.MULTILINE)
    assert rows == [(str(code.value), meaning) for code, meaning in MEANINGS.items()]


def test_every_code_has_a_meaning() -> None:
    """And stands in its place by number."""
    assert list(MEANINGS) == list(Exit) == sorted(Exit)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TargetNotFound("x"), Exit.USAGE),
        (BotError("x"), Exit.USAGE),
        (InvalidSetting("x", "y"), Exit.CONFIGURATION),
        (PortInUse("x"), Exit.CONFIGURATION),
        (StoreUnusable("x"), Exit.CONFIGURATION),
        (StoreUnreachable("x"), Exit.TEMPORARY),
        (SecretUnavailable("x", "y"), Exit.TEMPORARY),
        (SocketClosed(), Exit.TEMPORARY),
        (CODES["ThrottlingException"]("CreateParticipant"), Exit.TEMPORARY),
        (CODES["AccessDeniedException"]("CreateParticipant"), Exit.UNAVAILABLE),
        (ContactEnded("c"), Exit.UNAVAILABLE),
        (AlreadyOwned("x"), Exit.UNAVAILABLE),
        (ChatEnded(), Exit.BUG),
        (ZeroDivisionError(), Exit.BUG),
    ],
)
def test_an_error_says_whose_turn_it_is(error: Exception, code: Exit) -> None:
    """The operator's to mend, nobody's but later again, or ours."""
    assert exit_of(error) is code
