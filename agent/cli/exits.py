"""Exit codes, and which error means which. Numbers above 2 are those of sysexits.h, where they fit.

It knows the error tree; it prints nothing.
"""

from enum import IntEnum

from agent.errors import (
    AlreadyOwned,
    BotError,
    ChatAgentError,
    ConfigurationError,
    ConnectError,
    ControlRefused,
    JoinRefused,
    NoWorker,
    QueueRefused,
    QueueUnreachable,
    SecretUnavailable,
    SocketError,
    StoreUnreachable,
    StoreUnusable,
    StreamingError,
    TargetBroken,
    TargetNotFound,
    WorkerLost,
)


class Exit(IntEnum):
    """How the command ended."""

    OK = 0
    BUG = 1
    USAGE = 2
    DOUBTFUL = 3
    UNFIT = 4
    BROKEN = 65
    UNAVAILABLE = 69
    TEMPORARY = 75
    CONFIGURATION = 78
    FORCED = 130


MEANINGS = {
    Exit.OK: "done, or stopped in order by Ctrl-C or SIGTERM",
    Exit.BUG: "a mistake in chat-agent itself",
    Exit.USAGE: "wrong arguments, a contact that nobody knows, or a TARGET that does not exist or cannot be imported "
    "or served",
    Exit.DOUBTFUL: "the doctor found something that deserves attention",
    Exit.UNFIT: "the doctor found something that does not work, or a limit of the bench does not hold",
    Exit.BROKEN: "a saved conversation would break with this build of the bot",
    Exit.UNAVAILABLE: "the contact cannot be joined or is another worker's, Amazon Connect refuses for good, or no "
    "worker runs here or it refuses",
    Exit.TEMPORARY: "Amazon Connect, the store or the queue does not answer; try again later",
    Exit.CONFIGURATION: "a setting, a file, a queue or a port cannot be used",
    Exit.FORCED: "stopped at once by a second signal",
}


def unwrapped(error: BaseException) -> BaseException:
    """The error that people should read about: our own if a group holds one, else the first."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    inner = [unwrapped(one) for one in error.exceptions]
    return next((one for one in inner if isinstance(one, ChatAgentError)), inner[0])


def exit_of(error: BaseException) -> Exit:
    """The exit code that `error` ends the command with."""
    match error:
        case TargetNotFound() | TargetBroken() | BotError():
            return Exit.USAGE
        case ConfigurationError() | StoreUnusable() | QueueRefused():
            return Exit.CONFIGURATION
        case ConnectError():
            return Exit.TEMPORARY if error.retryable else Exit.UNAVAILABLE
        case StreamingError():
            return Exit.TEMPORARY if error.passing else Exit.CONFIGURATION
        case StoreUnreachable() | QueueUnreachable() | SecretUnavailable() | SocketError():
            return Exit.TEMPORARY
        case ControlRefused(code="unknown" | "ambiguous"):
            return Exit.USAGE
        case WorkerLost():
            return Exit.TEMPORARY
        case JoinRefused() | AlreadyOwned() | ControlRefused() | NoWorker():
            return Exit.UNAVAILABLE
        case _:
            return Exit.BUG
