"""``chat-agent graph``: a bot's routes and dialogs as a Mermaid flowchart."""

from pathlib import Path

import typer

from agent.bot.bot import Bot
from agent.bot.plugins import load
from agent.cli.drawing.bot import drawn
from agent.errors import InvalidSetting


def graph(target: str, *, out: Path | None) -> None:
    """Writes the picture to `out`, or to standard output.

    Raises:
        TargetNotFound, TargetBroken: the bot cannot be had.
        InvalidSetting: the file cannot be written.
    """
    bot: Bot[object, object] = load(target)
    text = drawn(bot)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidSetting("--out", f"{out} cannot be written ({error.strerror}).") from error
