"""One visit to the doctor: opens the way to AWS, runs the checks, closes it. It knows no check's inside."""

from collections.abc import Sequence
from typing import TypedDict, Unpack
from urllib.parse import urlsplit

from agent.aws.inquiry import opened_inquiry
from agent.clock import Clock
from agent.config import Configuration
from agent.daemon.assembly import aws_settings
from agent.daemon.doctor.checks import CHECKS
from agent.daemon.doctor.examination import Check, Exam, Remembered, examine
from agent.daemon.doctor.findings import Finding
from agent.daemon.permitted import queue_of
from agent.ids import ContactId


class Wishes(TypedDict, total=False):
    """What the operator asked for."""

    flow: str | None
    try_chat: str | None
    contact: ContactId | None
    read_transcript: bool


async def checked_up(
    settings: Configuration, *, clock: Clock, checks: Sequence[Check] = CHECKS, **wishes: Unpack[Wishes]
) -> list[Finding]:
    """What all `checks` found; `wishes` are those of `Exam`.

    Raises:
        ConfigurationError: no region is set, or the profile does not exist: nobody can be asked.
    """
    async with opened_inquiry(aws_settings(settings.connect), endpoints_of(settings)) as ask:
        return await examine(Exam(settings=settings, ask=Remembered(ask), clock=clock, **wishes), checks)


def endpoints_of(settings: Configuration) -> dict[str, str]:
    """The addresses that the settings name, by service."""
    way = aws_settings(settings.connect)
    named = {"connect": way.connect_endpoint, "connectparticipant": way.participant_endpoint}
    queue = urlsplit(queue_of(settings) or "")
    named["sqs"] = f"{queue.scheme}://{queue.netloc}" if queue.netloc else None
    return {service: url for service, url in named.items() if url}
