"""Every command of ours that any page names exists, with the options that are written behind it."""

import re

import pytest

from tests.docs.snippets import ROOT, pages
from tests.docs.written.commands import commands

COMMANDS = dict(commands())
GROUPS = {name.split()[0] for name in COMMANDS if " " in name}
ANYWHERE = {"--help", "--version", "-h", "--json"}
NAMED = re.compile(r"(?<![\w/-])chat-agent((?: \\?\n? *[^\s`#|&<>]+)*)")


def _named(page: str) -> set[str]:
    """What follows ``chat-agent`` in code: between backticks, in an indented line, or after a ``$``."""
    text = (ROOT / page).read_text(encoding="utf-8")
    code = re.findall(r"`(chat-agent [^`]+)`", text) + re.findall(r"^(?: {4,}|\$ )(.*chat-agent .*)$", text, re.M)
    return {found.strip() for one in code for found in NAMED.findall(one) if found.strip()}


CASES = sorted({(path.relative_to(ROOT).as_posix(), words) for path in pages() for words in _named(str(path))})


@pytest.mark.parametrize(("page", "words"), CASES, ids=lambda one: str(one))
def test_a_command_that_is_named_exists(page: str, words: str) -> None:
    """A renamed command or option is renamed everywhere."""
    first, *rest = words.replace("[", " ").replace("]", " ").split()
    if first.startswith(("-", "COMMAND")) or first == "new":
        return
    name = f"{first} {rest[0]}" if first in GROUPS and rest else first
    assert name in COMMANDS or first in GROUPS, f"{page}: chat-agent {words}"
    if name in COMMANDS:
        known = {option for one in COMMANDS[name].params for option in (*one.opts, *one.secondary_opts)}
        given = {one.partition("=")[0] for one in rest if re.match(r"--?[a-z]", one)}
        assert given <= known | ANYWHERE, f"{page}: chat-agent {words}"
