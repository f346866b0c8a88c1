"""The commands: their names, arguments and help. Each imports what it needs when it runs, and nothing before."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.authoring_app import authoring_app
from agent.cli.early import reload_later, stop_early
from agent.cli.exits import MEANINGS
from agent.cli.keeping_app import keeping_app
from agent.cli.live_app import live_app
from agent.cli.operating_app import operating_app
from agent.cli.table_app import table_app

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
_TARGET_HELP = "The bot: module:bot, or the name of an installed one (see 'chat-agent bots')."

app = typer.Typer(
    name="chat-agent",
    help="Joins Amazon Connect chats as a custom participant and lets your bot answer.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="Looks at the settings.", no_args_is_help=True, epilog=_EPILOG)
app.add_typer(config_app, name="config")
app.add_typer(operating_app)
app.add_typer(table_app, name="table")
app.add_typer(live_app)
app.add_typer(keeping_app)
app.add_typer(authoring_app)

Target = Annotated[str | None, typer.Argument(metavar="TARGET", help=_TARGET_HELP, show_default=False)]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The TOML file of settings. [default: chat-agent.toml, if there is one]"),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]
Host = Annotated[str, typer.Option(help="The address to listen on. Keep it local: there is no login.")]
LogLevel = Annotated[str | None, typer.Option(help="debug, info, warning or error.", show_default=False)]
LogFormat = Annotated[str | None, typer.Option(help="auto, json or human.", show_default=False)]
Instance = Annotated[str | None, typer.Option(help="The Amazon Connect instance: its id or ARN.", show_default=False)]
Region = Annotated[str | None, typer.Option(help="The AWS Region.", show_default=False)]
Endpoint = Annotated[
    str | None,
    typer.Option(help="Another Amazon Connect than AWS's, such as the local one.", show_default=False),
]
DisplayName = Annotated[
    str | None, typer.Option(help="What customers see as the bot's name, 1-256 characters.", show_default=False)
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"chat-agent {version('connect-chat-agent')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Shows the version.")
    ] = False,
) -> None:
    """Joins Amazon Connect chats as a custom participant and lets your bot answer."""


@app.command(epilog=_EPILOG)
def dev(
    target: Target = None,
    port: Port = 8765,
    host: Host = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    reload: Annotated[bool, typer.Option(help="Load the bot anew whenever one of its files is saved.")] = True,
    config: Config = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """A local Amazon Connect, a chat page, and your bot (or echo) on every chat. No AWS account.

    Prints one address: open it and talk to the bot. Save a file of the bot and the chats go on with the new code; what
    is wrong with it stands on the page and here. Ctrl-C ends it: the bot leaves its chats first.
    """
    stop_early()
    from agent.cli.dev import dev as command

    settings = _settings(config, logging={"level": log_level, "format": log_format}, bot={"target": target})
    command(settings, host=host, port=port, browser=browser, reload=reload)


@app.command(epilog=_EPILOG)
def chat(
    target: Target = None,
    config: Config = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Talk to your bot (or echo) in the terminal, over a local Amazon Connect.

    When standard input is a pipe each line is sent as a message and each answer printed as a line; the end of the
    input ends the chat.
    """
    from agent.cli.chat import chat as command

    level = log_level or "warning"
    command(_settings(config, logging={"level": level, "format": log_format}, bot={"target": target}))


@app.command(epilog=_EPILOG)
def run(
    target: Target = None,
    source: Annotated[
        str | None,
        typer.Option(help="Where contacts come from: sqs, http, local, or an installed source.", show_default=False),
    ] = None,
    queue_url: Annotated[
        str | None, typer.Option(help="The SQS queue that contacts are offered on.", show_default=False)
    ] = None,
    endpoint_url: Endpoint = None,
    instance: Instance = None,
    region: Region = None,
    display_name: DisplayName = None,
    store: Annotated[str | None, typer.Option(help="sqlite, dynamodb or memory.", show_default=False)] = None,
    store_path: Annotated[Path | None, typer.Option(help="The SQLite file.", show_default=False)] = None,
    max_chats: Annotated[int | None, typer.Option(help="Chats at once.", show_default=False)] = None,
    leave: Annotated[
        bool, typer.Option("--leave", help="Say goodbye to all chats on stopping, instead of keeping them for others.")
    ] = False,
    health_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Serve /livez, /readyz and /metrics on this port; 0: any.", show_default=False
        ),
    ] = None,
    config: Config = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """The daemon: joins every contact that its source offers, until it is stopped.

    SIGTERM or Ctrl-C: no new chat, running turns end, then the chats are released for another worker or the next
    start (with --leave, or a memory store, the bot leaves them). A second signal stops at once.
    SIGHUP reads the settings anew and uses what can be changed while running.
    """
    stop_early()
    reload_later()
    from agent.cli.run import run as command

    again = partial(
        _settings,
        config,
        bot={"target": target},
        source={"kind": source, "queue_url": queue_url},
        connect=_connect(endpoint_url, instance, region, display_name),
        store={"kind": store, "path": store_path},
        worker={"max_chats": max_chats, "on_stop": "leave" if leave else None},
        logging={"level": log_level, "format": log_format},
        health={"port": health_port},
    )
    command(again(), again)


@app.command(epilog=_EPILOG)
def join(
    contact_id: Annotated[str, typer.Argument(metavar="CONTACT_ID", help="The id of a chat that waits for a bot.")],
    target: Target = None,
    instance: Instance = None,
    endpoint_url: Endpoint = None,
    region: Region = None,
    display_name: DisplayName = None,
    config: Config = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Joins one contact now, and ends with it. Ctrl-C: the bot leaves politely."""
    from agent.cli.join import join as command

    settings = _settings(
        config,
        bot={"target": target},
        connect=_connect(endpoint_url, instance, region, display_name),
        logging={"level": log_level, "format": log_format},
    )
    command(settings, contact_id)


@app.command(epilog=_EPILOG)
def emulator(
    port: Port = 4510,
    host: Host = "127.0.0.1",
    flow: Annotated[list[Path], typer.Option(help="A contact flow, TOML or JSON; may be repeated.")] = [],
    weather: Annotated[Path | None, typer.Option(help="Faults, TOML.", show_default=False)] = None,
    sink: Annotated[list[str], typer.Option(help="Where notices go, KIND=DESTINATION; may be repeated.")] = [],
    quotas: Annotated[bool, typer.Option("--quotas", help="Enforce Connect's rates.")] = False,
    quota_scale: Annotated[float, typer.Option(min=0.001, help="Multiplies every rate.")] = 1.0,
    secure: Annotated[bool, typer.Option("--secure", help="https and wss, with a certificate of its own.")] = False,
    seed: Annotated[int | None, typer.Option(help="The same ids, tokens and faults.", show_default=False)] = None,
    bot_websocket: Annotated[
        bool, typer.Option("--bot-websocket/--no-bot-websocket", help="Whether bots get a websocket.")
    ] = True,
) -> None:
    """Only the local Amazon Connect: point any AWS SDK at the printed address as endpoint_url."""
    stop_early()
    from agent.cli.emulator import emulator as command
    from agent.cli.landscape import Landscape

    landscape = Landscape(
        flows=flow,
        weather=weather,
        sinks=sink,
        quotas=quotas,
        quota_scale=quota_scale,
        secure=secure,
        seed=seed,
        bot_websocket=bot_websocket,
    )
    command(host=host, port=port, landscape=landscape)


@app.command(epilog=_EPILOG)
def journals(
    store_path: Annotated[Path | None, typer.Option(help="The SQLite file.", show_default=False)] = None,
    config: Config = None,
) -> None:
    """Prints the journals of all open conversations, for 'chat-agent replay'. They hold customers' words."""
    from agent.cli.replay import journals as command

    command(_settings(config, store={"path": store_path}))


@app.command(epilog=_EPILOG)
def replay(
    saved: Annotated[Path, typer.Argument(metavar="JOURNALS", help="What 'chat-agent journals' printed.")],
    against: Annotated[str, typer.Option(metavar="TARGET", help="The build to check: module:bot or an installed one.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: Config = None,
) -> None:
    """Would this build of a bot take over the open conversations? Names the dialogs that it would break, and where.

    Nothing is said to anybody, and nothing is stored: a gate for deployments.
    """
    from agent.cli.replay import replay as command

    command(_settings(config, bot={"target": against}), saved, as_json=as_json)


@app.command(epilog=_EPILOG)
def bots(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """The installed bots, where each comes from and has its settings, and why one cannot be used."""
    from agent.cli.bots import bots as command

    command(as_json=as_json)


@config_app.command("show", epilog=_EPILOG)
def config_show(
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Every setting, its value, and where that came from."""
    from agent.cli.show import show as command
    from agent.config import load

    command(load(file=config), as_json=as_json)


@config_app.command("schema", epilog=_EPILOG)
def config_schema() -> None:
    """The JSON schema of the settings' file, for editors and programs."""
    import json

    from agent.config import schema

    typer.echo(json.dumps(schema(), indent=2))


def _connect(endpoint: str | None, instance: str | None, region: str | None, name: str | None) -> dict[str, Any]:
    return {"endpoint_url": endpoint, "instance": instance, "region": region, "display_name": name}


def _settings(file: Path | None, **flags: dict[str, Any]) -> Any:
    from agent.config import load

    return load(file=file, flags=flags).settings
