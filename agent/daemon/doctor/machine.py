"""Checks of the way from this machine to AWS: names, proxy, certificates.

They open connections and say nothing on them. They know no operation.
"""

import socket
import ssl
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import anyio

from agent.aws.hosts import host_of, is_loopback
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok, skipped, warn
from agent.daemon.permitted import queue_of
from agent.errors import ConfigurationError

ENDING = timedelta(days=14)
"""A certificate that ends sooner deserves attention."""
CONNECTING = 5.0


async def endpoints(exam: Exam) -> dict[str, str]:
    """The addresses that are spoken to, by service. Raises ConfigurationError."""
    services = ["connect", "connectparticipant", *(["sqs"] if queue_of(exam.settings) else [])]
    return {service: await exam.ask.endpoint(service) for service in services}


# ------------------------------------------------------------------------------------------- names


async def names(exam: Exam) -> Sequence[Finding]:
    """Whether each endpoint's name has an address."""
    try:
        found = await endpoints(exam)
    except ConfigurationError as error:
        return [fail("dns", "an endpoint is not known", cause=str(error).rstrip("."), remedy="Set region or address.")]
    hosts = sorted({host_of(url) for url in found.values()})
    lost = [host for host in hosts if not await _resolves(host)]
    if not lost:
        return [ok("dns", f"{', '.join(hosts)} {'has' if len(hosts) == 1 else 'have'} addresses")]
    return [
        fail(
            "dns",
            f"{', '.join(lost)} cannot be resolved",
            cause="the region or endpoint is misspelt, or this machine's DNS does not answer",
            remedy="Check connect.region and connect.endpoint_url; in a VPC, its DNS settings or its VPC endpoints.",
        )
    ]


async def _resolves(host: str) -> bool:
    try:
        await anyio.getaddrinfo(host, None)
    except OSError:
        return False
    return True


# ------------------------------------------------------------------------------------------- proxy


async def proxy(exam: Exam) -> Sequence[Finding]:
    """Whether the proxy of the environment answers, if one is used."""
    urls = [url for url in (await endpoints(exam)).values() if not is_loopback(host_of(url))]
    used = sorted({proxy for url in urls if (proxy := proxy_for(url))})
    if not used:
        return [ok("proxy", "none is used")]
    return [await _proxy_answers(url) for url in used]


def proxy_for(url: str) -> str | None:
    """The environment's proxy for `url`; None when it is reached directly."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


async def _proxy_answers(url: str) -> Finding:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    shown = f"{parts.hostname}:{parts.port or 80}"  # an address may hold a password
    if await _open(parts.hostname or "", parts.port or 80):
        return ok("proxy", f"{shown} answers")
    return fail(
        "proxy",
        f"{shown} does not answer",
        cause="HTTPS_PROXY names it, and nobody listens there",
        remedy="Correct HTTPS_PROXY, or except the endpoints by NO_PROXY. Websockets go through it as well.",
    )


async def _open(host: str, port: int) -> bool:
    try:
        with anyio.fail_after(CONNECTING):
            stream = await anyio.connect_tcp(host, port)
    except (OSError, TimeoutError):
        return False
    await stream.aclose()
    return True


# ------------------------------------------------------------------------------------ certificates


async def certificates(exam: Exam) -> Sequence[Finding]:
    """Whether each endpoint's certificate is trusted, and for how long."""
    findings = []
    for url in sorted(set((await endpoints(exam)).values())):
        if url.startswith("https://"):
            findings.append(await _certificate(exam, url))
        elif not is_loopback(host_of(url)):
            findings.append(_open_air(url))
    return findings or [skipped("certificates", "the endpoints speak plain http on this machine")]


def _open_air(url: str) -> Finding:
    return warn(
        "certificates",
        f"{url} is not encrypted",
        cause="the address begins with http://, and tokens and customers' words travel on it",
        remedy="Use https://, or keep it to this machine.",
    )


async def _certificate(exam: Exam, url: str) -> Finding:
    host, port = host_of(url), urlsplit(url).port or 443
    if proxy_for(url) and not is_loopback(host):
        return skipped("certificates", f"{host} is behind a proxy; the instance check goes through it")
    try:
        ends = await anyio.to_thread.run_sync(_ends, host, port, exam.ask.ca_bundle)
    except ssl.SSLCertVerificationError as error:
        return _untrusted(host, error, exam)
    except (OSError, ssl.SSLError):
        return fail(
            "certificates",
            f"{host}:{port} does not speak TLS",
            cause="nobody listens there, or something in between cuts the handshake off",
            remedy="Check the address, the firewall and, in a VPC, its endpoints.",
        )
    left = ends - exam.clock.now().timestamp()
    if left < ENDING.total_seconds():
        return warn(
            "certificates",
            f"the certificate of {host} ends in {max(0, int(left // 86_400))} days",
            cause="it was not renewed yet",
            remedy="Renew it; AWS's own certificates renew themselves.",
        )
    return ok("certificates", f"{host} is trusted for {int(left // 86_400)} days")


def _untrusted(host: str, error: ssl.SSLCertVerificationError, exam: Exam) -> Finding:
    return fail(
        "certificates",
        f"the certificate of {host} is not trusted",
        cause=f"{error.verify_message}, by the file {exam.ask.ca_bundle}",
        remedy="Where a proxy opens TLS, set AWS_CA_BUNDLE to a file with its authority; it counts for websockets too.",
    )


def _ends(host: str, port: int, ca_bundle: str) -> float:
    """When the certificate ends, seconds since 1970."""
    context = ssl.create_default_context(cafile=ca_bundle)
    with (
        socket.create_connection((host, port), timeout=CONNECTING) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return ssl.cert_time_to_seconds(str((secured.getpeercert() or {}).get("notAfter")))


MACHINE = (
    Check(name="dns", probe=names),
    Check(name="proxy", probe=proxy, needs=("dns",)),
    Check(name="certificates", probe=certificates, needs=("dns",)),
)
