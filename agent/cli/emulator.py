"""``chat-agent emulator``: only the local Amazon Connect."""

import anyio
import typer

from agent.cli.landscape import Landscape
from agent.cli.local import local_connect
from agent.cli.running import attended
from agent.emulator import INSTANCE_ID


def emulator(*, host: str, port: int, landscape: Landscape) -> None:
    """Serves until it is stopped."""

    async def work(stop: anyio.Event) -> None:
        async with local_connect(host=host, port=port, landscape=landscape) as connect:
            typer.echo(f"{connect.url}/")
            typer.echo(f"Amazon Connect on localhost; any instance id works, such as {INSTANCE_ID}.", err=True)
            await stop.wait()

    attended(work)
