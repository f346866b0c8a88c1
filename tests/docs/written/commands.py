"""docs/reference/commands.md: each command's help, arguments and options, as typer knows them."""

from collections.abc import Iterator
from typing import Any

import typer.main

from agent.cli.app import app

_HEAD = """# Every command

What `chat-agent COMMAND --help` says, for all commands. [The command](../command.md) tells how they are used, and
[the exit codes](../command.md#exit-codes) are there.

"""


def commands() -> Iterator[tuple[str, Any]]:
    """Each command by its full name, such as ``config show``; groups are passed through."""
    yield from _within(typer.main.get_command(app), "")


def _within(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
    for word, one in (inner or {}).items():
        yield from _within(one, f"{name} {word}".strip())


def page() -> str:
    """The page, in Markdown."""
    return _HEAD + "\n".join(_entry(name, command) for name, command in commands())


def _entry(name: str, command: Any) -> str:
    context = command.context_class(command, info_name=f"chat-agent {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    about = (command.help or "").replace("\b\n", "").partition("\f")[0].strip()
    rows = "".join(_row(one, context) for one in command.params)
    table = f"\n| argument or option | meaning |\n|---|---|\n{rows}" if rows else ""
    return f"## {name}\n\n    chat-agent {name} {usage}\n\n{about}\n{table}"


def _row(parameter: Any, context: Any) -> str:
    record = parameter.get_help_record(context)
    if record is None:
        record = (parameter.make_metavar(context), getattr(parameter, "help", None) or "")
    names, about = (" ".join(text.split()) for text in record)
    shown = about.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")
    plain = names.replace("|", "\\|")
    return f"| `{plain}` | {shown} |\n"
