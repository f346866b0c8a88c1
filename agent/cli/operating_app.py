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
Source = Annotated[
    str | None,
    typer.Option(help="Where contacts come from: sqs, http, local, or an installed source.", show_default=False),
]
QueueUrl = Annotated[str | None, typer.Option(help="The SQS queue that contacts are offered on.", show_default=False)]
Store = Annotated[str | None, typer.Option(help="sqlite, dynamodb or memory.", show_default=False)]
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
    source: Source = None,
    queue_url: QueueUrl = None,
    store: Store = None,
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
        source={"kind": source, "queue_url": queue_url},
        store={"kind": store, "path": store_path},
    )
    command(settings, flow=flow, try_chat=try_chat, contact=contact, transcript=read_transcript, as_json=as_json)


@operating_app.command(epilog=_EPILOG)
def iam(
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="The AWS account, twelve digits.", show_default=False)
    ] = None,
    partition: Annotated[str, typer.Option(help="aws, aws-cn or aws-us-gov.")] = "aws",
    for_doctor: Annotated[bool, typer.Option("--doctor", help="Also what only 'chat-agent doctor' asks.")] = False,
    instance: Instance = None,
    region: Region = None,
    queue_url: QueueUrl = None,
    store: Store = None,
    config: Config = None,
) -> None:
    """Prints the least IAM policy for these settings: the actions really called, on these resources alone.

    What the settings do not tell stands there as REPLACE-...: fill it in before use.
    """
    from agent.cli.iam import iam as command

    settings = _settings(
        config,
        connect={"instance": instance, "region": region},
        source={"queue_url": queue_url},
        store={"kind": store},
    )
    command(settings, account=account, partition=partition, doctor=for_doctor)


@operating_app.command(epilog=_EPILOG)
def flow(
    lambda_arn: Annotated[str, typer.Option(help="The function that offers the contact.")] = "REPLACE-LAMBDA-ARN",
    queue_arn: Annotated[str, typer.Option(help="The queue of people.")] = "REPLACE-QUEUE-ARN",
    welcome: Annotated[str, typer.Option(help="What the customer reads first.")] = "Welcome.",
    parting: Annotated[str, typer.Option(help="What is said when nobody can take over.")] = (
        "Sorry, nobody is here right now."
    ),
    bot: Annotated[str | None, typer.Option(metavar="NAME", help="Which bot, where several serve.")] = None,
    wait: Annotated[int, typer.Option(min=1, max=604_800, help="Seconds that a conversation may take.")] = 86_400,
    come_within: Annotated[int, typer.Option(min=1, max=100, help="Seconds that a bot may take to come.")] = 20,
    idle_minutes: Annotated[
        int | None, typer.Option(min=2, max=480, help="After which the customer counts as idle.", show_default=False)
    ] = None,
    disconnect_minutes: Annotated[
        int | None, typer.Option(min=2, max=480, help="After which an idle customer's chat ends.", show_default=False)
    ] = None,
    hand_off: Annotated[
        str | None,
        typer.Option(metavar="NAME=VALUE", help="Only with this contact attribute to the queue, else the chat ends."),
    ] = None,
) -> None:
    """Prints a contact flow in which a bot works, for the console's import or CreateContactFlow.

    Prompt, Lambda, Wait for the bot with a few tries, then a queue. 'chat-agent doctor --flow' finds nothing wrong in
    it once each REPLACE-... is filled.
    """
    from agent.aws.contact_flow import FlowWishes
    from agent.cli.flow import flow as command

    command(
        FlowWishes(
            lambda_arn=lambda_arn,
            queue_arn=queue_arn,
            welcome=welcome,
            parting=parting,
            bot=bot,
            wait=wait,
            come_within=come_within,
            idle_minutes=idle_minutes,
            disconnect_minutes=disconnect_minutes,
            hand_off=_pair(hand_off),
        )
    )


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise typer.BadParameter("write NAME=VALUE", param_hint="--hand-off")
    return name, value


def _settings(file: Path | None, **flags: dict[str, Any]) -> Any:
    from agent.config import load

    return load(file=file, flags=flags).settings
