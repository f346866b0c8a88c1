"""A self-made certificate, for clients that insist on https and wss.

Made anew for each run, for the loopback names only, and never stored beyond it. It must not know the server.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName


class NoCertificate(RuntimeError):
    """The package that makes certificates is not installed; the text says how to get it."""


class SelfMade:
    """A certificate and its key for one run. `path` is the PEM file for clients to trust; `close` removes it."""

    def __init__(self, host: str) -> None:
        self._folder = TemporaryDirectory(prefix="connect-emulator-")
        self.path = Path(self._folder.name) / "certificate.pem"
        certificate, key = _make(host)
        self.path.write_bytes(certificate)
        secret = Path(self._folder.name) / "key.pem"
        secret.write_bytes(key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.path, secret)
        secret.unlink()

    def close(self) -> None:
        """Remove the file. Harmless a second time."""
        self._folder.cleanup()


def _make(host: str) -> tuple[bytes, bytes]:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID
    except ImportError as error:
        raise NoCertificate("https needs a certificate: pip install 'connect-chat-agent[encryption]'.") from error
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Amazon Connect on localhost")])
    now = datetime.now(UTC)  # a certificate is judged by the machine's clock, whatever the emulator's says
    names: list[GeneralName] = [x509.DNSName("localhost"), *map(x509.IPAddress, map(ip_address, ("127.0.0.1", "::1")))]
    if host not in ("localhost", "127.0.0.1", "::1"):
        names.append(_general_name(host))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), secret


def _general_name(host: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
