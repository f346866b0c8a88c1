"""The way to AWS: names, proxy, certificates."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from agent.daemon.doctor import machine
from agent.daemon.doctor.findings import Severity
from agent.daemon.doctor.machine import certificates, names, proxy
from agent.emulator.certificate import SelfMade
from agent.errors import ConfigurationError
from tests.daemon.doctor.patients import Told, found


class Homeless(Told):
    """An `Inquiry` that knows no address."""

    async def endpoint(self, service: str) -> str:
        raise ConfigurationError("No address is known for connect.")


async def test_an_endpoint_that_is_not_known_is_told_so() -> None:
    """A region that does not exist, or an address that no setting names."""
    (finding,) = await found(names, Homeless())
    assert (finding.severity, finding.cause) == (Severity.FAIL, "No address is known for connect")


async def test_no_proxy_is_used_unless_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for what it excepts, nor for this machine."""
    assert [one.what for one in await found(proxy, Told())] == ["none is used"]
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", ".amazonaws.com")
    assert [one.what for one in await found(proxy, Told())] == ["none is used"]
    assert [one.what for one in await found(proxy, Told(url="https://localhost"))] == ["none is used"]


async def test_a_proxy_that_does_not_answer_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a certificate behind a proxy is not looked at past it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:geheim@127.0.0.1:1")
    (finding,) = await found(proxy, Told())
    assert finding.severity is Severity.FAIL
    assert "127.0.0.1:1 does not answer" in finding.what
    assert "geheim" not in f"{finding}"
    (behind,) = await found(certificates, Told())
    assert behind.severity is Severity.SKIPPED


async def test_a_proxy_that_answers_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever it is."""
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    (finding,) = await found(proxy, Told())
    server.close()
    await server.wait_closed()
    assert finding.severity is Severity.OK


async def test_an_open_way_to_another_machine_is_warned_of() -> None:
    """Tokens and customers' words travel on it."""
    (finding,) = await found(certificates, Told(url="http://connect.example"))
    assert finding.severity is Severity.WARN
    assert "not encrypted" in finding.what


async def test_a_certificate_that_ends_soon_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two weeks before; and one that is trusted for long is well."""
    made = SelfMade("127.0.0.1")
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0, ssl=made.context)
    told = Told(url=f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", ca_bundle=str(made.path))
    monkeypatch.setattr(machine, "ENDING", timedelta(days=100_000))
    (soon,) = await found(certificates, told)
    monkeypatch.setattr(machine, "ENDING", timedelta(days=-1))
    (well,) = await found(certificates, told)
    server.close()
    await server.wait_closed()
    made.close()
    assert (soon.severity, well.severity) == (Severity.WARN, Severity.OK)


async def test_whoever_speaks_no_tls_is_told_so(tmp_path: Path) -> None:
    """Nobody listens, or it is no TLS."""
    bundle = ssl.get_default_verify_paths().openssl_cafile
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    (finding,) = await found(certificates, Told(url=url, ca_bundle=str(await _bundle(bundle, tmp_path))))
    server.close()
    await server.wait_closed()
    assert finding.severity is Severity.FAIL
    assert "does not speak TLS" in finding.what


async def _bundle(default: str, tmp_path: Path) -> str:
    """Any file of certificates: the machine's, or one that was made."""
    if await asyncio.to_thread(Path(default).exists):
        return default
    made = SelfMade("127.0.0.1")
    kept = tmp_path / "ca.pem"
    await asyncio.to_thread(kept.write_bytes, made.path.read_bytes())
    made.close()
    return str(kept)
