"""Which hosts tokens may be sent to: AWS's own, and those that the operator named.

Pure text; it knows neither DNS nor sockets.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

_AWS = re.compile(r"(?:[a-z0-9_-]+\.)+(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)")


def host_of(url: str) -> str:
    """The host that `url` names, in lower case; empty when it names none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


@lru_cache(maxsize=64)
def is_aws(host: str) -> bool:
    """Whether `host` lies in a domain of AWS [documented: the endpoints of Connect, dual-stack and China]."""
    return _AWS.fullmatch(host) is not None


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
