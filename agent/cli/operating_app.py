"""The commands of whoever sets an installation up: doctor, iam, flow. Declarations only; nothing heavy is imported."""

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.exits import MEANINGS

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
operating_app = typer.Typer()

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The TOML file of settings. [default: chat-agent.toml, if there is one]"),
]
Instance = Annotated[str | None, typer.Option(help="The Amazon Connect instance: its id or ARN.", show_default=False)]
Region = Annotated[str | None, typer.Option(help="The AWS Region.", show_default=False)]
Endpoint = Annotated[
    str | None,
    typer.Option(help="Another Amazon Connect than AWS's, such as the local one.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@operating_app.command(epilog=_EPILOG)
def doctor(
    target: Annotated[str | None, typer.Argument(metavar="TARGET", help="The bot.", show_default=False)] = None,
    contact: Annotated[
        str | None, typer.Option(metavar="CONTACT_ID", help="Why is the bot silent in this chat?", show_default=False)
    ] = None,
    flow: Annotated[
        str | None,
        typer.Option(metavar="FLOW", help="The contact flow, id or ARN; else those that wait for a bot."),
    ] = None,
    try_chat: Annotated[
        str | None,
        typer.Option(metavar="FLOW", help="Has an effect: start a chat with this flow, join it as a bot, end it."),
    ] = None,
    read_transcript: Annotated[
        bool,
        typer.Option("--read-transcript", help="Has an effect, with --contact: the bot's participant connects again."),
    ] = False,
    instance: Instance = None,
    endpoint_url: Endpoint = None,
    region: Region = None,
    store_path: Annotated[Path | None, typer.Option(help="The SQLite file.", show_default=False)] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Looks for what is wrong: credentials, permissions, instance, flow, queue, store, clock, network; says what to do.

    It changes nothing, unless --try-chat or --read-transcript is given. Exit code 0: nothing was found; 3: something
    deserves attention; 4: something does not work.
    """
    from agent.cli.doctor import doctor as command

    settings = _settings(
        config,
        bot={"target": target},
        connect={"endpoint_url": endpoint_url, "instance": instance, "region": region},
        store={"path": store_path},
    )
    command(settings, flow=flow, try_chat=try_chat, contact=contact, transcript=read_transcript, as_json=as_json)


def _settings(file: Path | None, **flags: dict[str, Any]) -> Any:
    from agent.config import load

    return load(file=file, flags=flags).settings
