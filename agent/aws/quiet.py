"""The libraries' debug logs, kept shut: they print bearer tokens, signed URLs, and what customers say.

botocore logs whole requests and answers at DEBUG, so raising a log level to look into something else would write
secrets to the log. A filter on each of its loggers drops those records, whatever level anyone sets; INFO and above
pass. websockets gets a logger that nobody can switch on. It does not touch handlers or levels.
"""

import logging

_LIBRARIES = ("botocore", "aiobotocore")


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def hush() -> None:
    """Drops the DEBUG records of botocore and aiobotocore, for the rest of the process; repeatable.

    A logger's filter does not reach its children, hence one on each; call it after a client exists, since loggers
    come into being with the modules.
    """
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in _LIBRARIES:
            logging.getLogger(name).addFilter(_above_debug)


def mute_logger() -> logging.Logger:
    """A logger outside the tree of loggers: no configuration reaches it, nothing comes out of it."""
    logger = logging.Logger("websockets", level=logging.CRITICAL + 1)  # noqa: LOG001 - that is the point
    logger.disabled = True
    return logger
