"""``chat-agent flow``: a contact flow in which a bot works."""

import json

import typer

from agent.aws.contact_flow import FlowWishes, contact_flow


def flow(wishes: FlowWishes) -> None:
    """Prints the flow's JSON."""
    typer.echo(json.dumps(contact_flow(wishes), indent=2, ensure_ascii=False))
