"""``chat-agent iam``: the least that IAM must allow, from the settings."""

import json

import typer

from agent.aws.permissions import Need, policy
from agent.config import Configuration
from agent.config.references import PARAMETER_STORE, SECRETS_MANAGER
from agent.daemon.permitted import gaps_of, kept_by_aws, needs_of


def iam(settings: Configuration, *, account: str | None, partition: str, doctor: bool) -> None:
    """Prints the policy."""
    made = policy(
        needs_of(settings) | ({Need.DOCTOR} if doctor else set()),
        gaps_of(settings, account=account, partition=partition),
        secrets=kept_by_aws(settings, SECRETS_MANAGER),
        parameters=kept_by_aws(settings, PARAMETER_STORE),
    )
    typer.echo(json.dumps(made, indent=2))
