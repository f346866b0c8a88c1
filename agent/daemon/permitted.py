"""Which permissions the settings make necessary, and the ARNs that they name. It asks nobody."""

import os
from urllib.parse import urlsplit

from agent.aws.permissions import Need
from agent.config import Configuration


def needs_of(settings: Configuration) -> set[Need]:
    """What is called with these settings."""
    needs = {Need.SERVE}
    if queue_of(settings):
        needs.add(Need.QUEUE)
    return needs


def queue_of(settings: Configuration) -> str | None:
    """The address of the queue that offers come from, if they come from one."""
    return settings.source.queue_url if settings.source.kind in (None, "sqs") else None


def gaps_of(settings: Configuration, *, account: str | None = None, partition: str = "aws") -> dict[str, str]:
    """What fills the gaps of ARNs: from the settings, the environment, and the queue's own address."""
    queue = urlsplit(queue_of(settings) or "").path.strip("/").split("/")
    there = queue if len(queue) == 2 else ["", ""]
    found = {
        "partition": partition,
        "region": settings.connect.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "",
        "account": account or there[0],
        "instance": settings.connect.instance or "",
        "queue": there[1],
    }
    return {name: value for name, value in found.items() if value}
