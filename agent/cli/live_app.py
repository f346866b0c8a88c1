"""The commands of whoever watches live chats: their names, arguments and help. Nothing heavy is imported here."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.exits import MEANINGS

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
live_app = typer.Typer()
dlq_app = typer.Typer(help="Dead letters: turns that failed for good.", no_args_is_help=True, epilog=_EPILOG)
live_app.add_typer(dlq_app, name="dlq")

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The TOML file of settings. [default: chat-agent.toml, if there is one]"),
]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Contact = Annotated[str, typer.Argument(metavar="CONTACT", help="The contact's id, or the beginning of it.")]
Letter = Annotated[str, typer.Argument(metavar="LETTER", help="The dead letter, or the beginning of its name.")]
OrderId = Annotated[
    str | None, typer.Option("--id", help="The order's name: given again, it is done once at most.", show_default=False)
]


@live_app.command(epilog=_EPILOG)
def ps(
    once: Annotated[bool, typer.Option("--once", help="Print the list once, in a terminal too.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """The chats that this machine's workers serve now. Live in a terminal, until Ctrl-C."""
    from agent.cli.live import ps as command

    command(_directory(config), once=once, as_json=as_json)


@live_app.command(epilog=_EPILOG)
def show(contact: Contact, as_json: Json = False, config: Config = None) -> None:
    """One chat: what is known of it, and what led to what. Nothing of what was said is shown."""
    from agent.cli.live import show as command

    command(_directory(config), contact, as_json=as_json)


@live_app.command(epilog=_EPILOG)
def tail(
    contact: Annotated[
        str | None, typer.Argument(metavar="CONTACT", help="One contact; else all.", show_default=False)
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """What happens from now on, line by line, until Ctrl-C. Nothing of what is said is shown."""
    from agent.cli.live import tail as command

    command(_directory(config), contact, as_json=as_json)


@live_app.command(epilog=_EPILOG)
def drain(
    worker: Annotated[
        str | None, typer.Argument(metavar="WORKER", help="Which one, if several run here.", show_default=False)
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="All workers of this machine.")] = False,
    stay: Annotated[
        bool, typer.Option("--stay", help="Do not end: let go of all chats and take none on until --undo.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take chats on again after --stay.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """As SIGTERM: no new chat, running turns end, the chats go to other workers, the worker ends. Tells how far it is.

    With a memory store, or on_stop = "leave", the bot leaves its chats instead.
    """
    from agent.cli.live import drain as command

    command(_directory(config), worker, everyone=everyone, stay=stay, undo=undo, as_json=as_json)


@live_app.command(epilog=_EPILOG)
def move(
    contact: Contact,
    force: Annotated[bool, typer.Option("--force", help="Release it even if no other worker runs.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Passes one chat to another worker: its running turn ends, then it is released. The customer notices nothing."""
    from agent.cli.live import move as command

    command(_directory(config), contact, force=force, as_json=as_json)


@live_app.command(epilog=_EPILOG)
def close(
    contact: Contact,
    stop_contact: Annotated[
        bool, typer.Option("--stop-contact", help="End the contact for the customer, too (StopContact).")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """The bot leaves one chat, after its running turn; the contact flow goes on without it."""
    from agent.cli.live import close as command

    command(_directory(config), contact, stop_contact=stop_contact, as_json=as_json)


@live_app.command("hand-off", epilog=_EPILOG)
def hand_off(
    contact: Contact,
    attribute: Annotated[list[str], typer.Option(help="A contact attribute, name=value; may be repeated.")] = [],
    say: Annotated[str, typer.Option(help="What the bot says before it leaves.", show_default=False)] = "",
    order: OrderId = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Hands one chat off: writes attributes for the contact flow, says a word, and leaves. Survives a crash."""
    from agent.cli.live import attributes_of
    from agent.cli.live import hand_off as command

    command(_directory(config), contact, attributes_of(attribute), say, order=order, as_json=as_json)


@live_app.command(epilog=_EPILOG)
def say(
    contact: Contact,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What to say; by default, standard input.", show_default=False)
    ] = None,
    as_operator: Annotated[
        bool, typer.Option("--as-operator", help="Yes: the customer reads this under the bot's name.")
    ] = False,
    order: OrderId = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Says something in one chat, between two turns, once: a crash repeats nothing and loses nothing that was kept."""
    import sys

    from agent.cli.live import say as command

    if not as_operator:
        raise typer.BadParameter("the customer reads it under the bot's name; confirm with --as-operator.")
    words = (sys.stdin.read() if text in (None, "-") else text or "").strip()
    if not words:
        raise typer.BadParameter("there is nothing to say; give TEXT.")
    command(_directory(config), contact, words, order=order, as_json=as_json)


@dlq_app.command("ls", epilog=_EPILOG)
def dlq_ls(as_json: Json = False, config: Config = None) -> None:
    """The dead letters of all chats that are not over."""
    from agent.cli.live import dlq_ls as command

    command(_directory(config), as_json=as_json)


@dlq_app.command("show", epilog=_EPILOG)
def dlq_show(contact: Contact, letter: Letter, as_json: Json = False, config: Config = None) -> None:
    """One dead letter: the turn, the error's type, what happened. Not what was said."""
    from agent.cli.live import dlq_show as command

    command(_directory(config), contact, letter, as_json=as_json)


@dlq_app.command("retry", epilog=_EPILOG)
def dlq_retry(
    contact: Contact, letter: Letter, order: OrderId = None, as_json: Json = False, config: Config = None
) -> None:
    """Runs the turn once more, in order with all else in its chat. When it goes well the letter is gone."""
    from agent.cli.live import dlq_retry as command

    command(_directory(config), contact, letter, order=order, as_json=as_json)


@dlq_app.command("drop", epilog=_EPILOG)
def dlq_drop(contact: Contact, letter: Letter, as_json: Json = False, config: Config = None) -> None:
    """Forgets a dead letter. Nothing is said."""
    from agent.cli.live import dlq_drop as command

    command(_directory(config), contact, letter, as_json=as_json)


def _directory(config: Path | None) -> Path:
    from agent.config import load

    return load(file=config).settings.control.directory
