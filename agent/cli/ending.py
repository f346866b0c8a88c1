"""How the command ends: every error becomes one sentence with a remedy, and an exit code.

The text of an error that nobody foresaw is not shown, as it may quote a customer; its type and place are.
"""

import os
import sys

import typer

from agent.cli.early import StoppedEarly
from agent.cli.exits import Exit, exit_of, unwrapped
from agent.errors import TargetBroken


def run() -> None:
    """Runs the command line and exits."""
    sys.exit(outcome())


def outcome() -> Exit | int:
    """Runs the command line; the exit code."""
    from agent.cli.app import app

    try:
        app(prog_name="chat-agent")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.BUG
    except StoppedEarly:
        return Exit.OK
    except KeyboardInterrupt:
        return Exit.FORCED
    except Exception as error:  # nothing goes past here: it becomes an exit code
        return tell(unwrapped(error))
    return Exit.OK


def _stop_writing() -> None:
    """Whoever read standard output is gone; Python's own flush at the end must not complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(error: BaseException) -> Exit:
    """Shows `error` to people; its exit code."""
    if isinstance(error, BrokenPipeError):
        _stop_writing()
        return Exit.OK
    code = exit_of(error)
    if code is Exit.BUG:
        _tell_bug(error)
        return code
    typer.secho(str(error), fg=typer.colors.RED, err=True)
    if isinstance(error, TargetBroken) and error.traceback:
        typer.secho(error.traceback.rstrip(), err=True, dim=True)
    return code


def _tell_bug(error: BaseException) -> None:
    from agent.telemetry.logging import describe

    described = describe(error)
    typer.secho(f"This is a mistake in chat-agent: {described['type']}. Please report these lines:", fg="red", err=True)
    _tell_frames(described)


def _tell_frames(described: dict[str, object]) -> None:
    for frame in described["frames"]:  # type: ignore[attr-defined]
        typer.echo(f"  {frame}", err=True)
    cause = described.get("cause")
    if isinstance(cause, dict):
        typer.echo(f"because of {cause['type']}:", err=True)
        _tell_frames(cause)
