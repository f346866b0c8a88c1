"""``chat-agent iam``: the least that IAM must allow, from the settings."""

import json

import typer

from agent.aws.permissions import Need, policy
from agent.config import Configuration
from agent.daemon.permitted import gaps_of, needs_of


def iam(settings: Configuration, *, account: str | None, partition: str, doctor: bool) -> None:
    """Prints the policy."""
    needs = needs_of(settings) | ({Need.DOCTOR} if doctor else set())
    typer.echo(json.dumps(policy(needs, gaps_of(settings, account=account, partition=partition)), indent=2))
