"""Which permissions the settings make necessary, and the ARNs that they name. It asks nobody."""

import os
import re
from urllib.parse import urlsplit

from agent.aws.permissions import Need
from agent.config import Configuration
from agent.config.references import PARAMETER_STORE, SECRETS_MANAGER

_SQS = re.compile(r"sqs(?:-fips)?\.([a-z0-9-]+)\.")


def needs_of(settings: Configuration) -> set[Need]:
    """What is called with these settings."""
    wanted = {
        Need.SERVE: True,
        Need.QUEUE: queue_of(settings) is not None,
        Need.TABLE: settings.store.kind == "dynamodb",
        Need.KEPT: bool(kept_by_aws(settings, SECRETS_MANAGER) or kept_by_aws(settings, PARAMETER_STORE)),
        Need.STREAM: settings.connect.ingress != "websocket",
    }
    return {need for need, so in wanted.items() if so}


def queue_of(settings: Configuration) -> str | None:
    """The address of the queue that offers come from, if they come from one."""
    return settings.source.queue_url if settings.source.kind in (None, "sqs") else None


def kept_by_aws(settings: Configuration, kind: str) -> list[str]:
    """The names or ARNs of the secrets of this kind that the settings refer to."""
    references = re.findall(rf'"{kind}:([^"#]+)', settings.model_dump_json())
    return list(dict.fromkeys(references))


def gaps_of(settings: Configuration, *, account: str | None = None, partition: str = "aws") -> dict[str, str]:
    """What fills the gaps of ARNs: from the settings, the environment, and the queue's own address."""
    queue = urlsplit(queue_of(settings) or "")
    path = queue.path.strip("/").split("/")
    owner, name = path if len(path) == 2 else ("", "")
    region = settings.connect.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    there = _SQS.match(queue.netloc)
    found = {
        "partition": partition,
        "region": region,
        "account": account or owner,
        "instance": settings.connect.instance or "",
        "queue": name,
        "queue_region": there[1] if there else region,
        "table": settings.store.table or "",
        "table_region": settings.store.region or region,
        "prefix": settings.streaming.prefix,
    }
    return {gap: value for gap, value in found.items() if value}
