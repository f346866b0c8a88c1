"""What every peer is given: the address, and which contacts to join."""

import argparse
import os
import resource
import signal
from dataclasses import dataclass

from tests.benchmarks.bare_connect import CONTACT

INSTANCE = "12345678-1234-1234-1234-123456789012"
AT_ONCE = 32
"""How many joins are under way at once in a peer that bounds them itself."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done."""

    url: str
    contacts: list[str]
    options: list[str]


def task() -> Task:
    """Reads the command line; SIGTERM ends the peer without a word."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("chats", type=int)
    parser.add_argument("options", nargs="*")
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    return Task(given.url, [CONTACT.format(number) for number in range(given.chats)], given.options)
