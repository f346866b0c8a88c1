"""The command: parses, builds, calls. No logic lives here, and nothing imports it.

`main` is what ``chat-agent`` and ``python -m agent`` run. Heavy imports happen inside the commands, so that
``--help`` answers at once.
"""


def main() -> None:
    """Runs the command line and exits with one of `agent.cli.exits.Exit`."""
    from agent.cli.ending import run

    run()


__all__ = ["main"]
