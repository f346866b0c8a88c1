"""The operator's window, over real HTTP."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from agent.daemon.health import Verdict
from agent.daemon.health_http import health_endpoint
from agent.errors import InvalidSetting, PortInUse
from agent.telemetry.metrics import Metrics
from agent.telemetry.reasons import Reason


@dataclass
class Window:
    """The endpoint and what it looks at."""

    address: str = ""
    verdict: Verdict = field(default_factory=Verdict)

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.address + path, headers=headers) as answer,
        ):
            kind = answer.headers.get("Content-Type", "")
            body = await (answer.json() if "json" in kind else answer.text())
            return answer.status, body, kind


@asynccontextmanager
async def _open(host: str = "127.0.0.1") -> AsyncIterator[Window]:
    window = Window()
    async with health_endpoint(host, 0, verdict=lambda: window.verdict, metrics=Metrics()) as window.address:
        yield window


async def test_alive_is_whoever_answers() -> None:
    """Also a worker that is not ready: it must not be killed for that."""
    async with _open() as window:
        window.verdict = Verdict(reasons=(Reason.STORE_UNREACHABLE,))
        assert await window.get("/livez") == (200, {"live": True}, "application/json; charset=utf-8")


async def test_ready_is_200_and_not_ready_503_with_named_reasons() -> None:
    """For a probe the status is enough; for people there is a sentence."""
    async with _open() as window:
        status, body, _ = await window.get("/readyz")
        assert (status, body) == (200, {"ready": True, "reasons": []})
        window.verdict = Verdict(reasons=(Reason.FULL, Reason.DRAINING))
        status, body, _ = await window.get("/readyz")
        assert (status, body["ready"]) == (503, False)
        assert [one["reason"] for one in body["reasons"]] == ["full", "draining"]
        assert all(one["meaning"].endswith(".") for one in body["reasons"])


async def test_metrics_are_what_prometheus_reads() -> None:
    """Its text, or OpenMetrics for who accepts it."""
    async with _open() as window:
        status, body, kind = await window.get("/metrics")
        assert status == 200
        assert kind.startswith("text/plain; version=")
        assert "# TYPE chat_agent_chats gauge" in body
        _, body, kind = await window.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert kind.startswith("application/openmetrics-text")
        assert body.endswith("# EOF\n")


async def test_nothing_can_be_changed_and_nothing_else_is_there() -> None:
    """It only shows."""
    async with _open() as window:
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await window.get(path, "POST"))[0] == 405
        assert (await window.get("/"))[0] == 404


async def test_a_port_that_is_taken_is_named() -> None:
    """With the setting, and what to do."""
    async with _open() as window:
        port = int(window.address.rpartition(":")[2])
        with pytest.raises(PortInUse, match=rf"health\.port: another program listens on port {port}"):
            async with health_endpoint("127.0.0.1", port, verdict=Verdict, metrics=Metrics()):
                raise AssertionError


async def test_an_address_of_another_machine_is_refused() -> None:
    """It cannot be listened on."""
    with pytest.raises(InvalidSetting, match=r"health\.host: port 0 of 192\.0\.2\.1 cannot be listened on"):
        async with health_endpoint("192.0.2.1", 0, verdict=Verdict, metrics=Metrics()):
            raise AssertionError


async def test_when_it_is_closed_the_port_is_free() -> None:
    """Nothing is left behind."""
    async with _open() as window:
        port = int(window.address.rpartition(":")[2])
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_an_ipv6_address_is_written_in_brackets() -> None:
    """As a URL wants it."""
    try:
        async with _open("::1") as window:
            assert window.address.startswith("http://[::1]:")
    except InvalidSetting:
        pytest.skip("IPv6 is switched off here")
