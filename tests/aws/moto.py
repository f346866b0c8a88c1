"""Somebody else's SQS, SNS and DynamoDB: moto's server as a program of its own, on a free loopback port.

One for each test session (each xdist worker), emptied before every test that asks for `moto`. It ends when its standard
input does, so that it never outlives who started it. `python -m tests.aws.moto` prints its address. moto is imported in
that program only: it is slow to import and patches botocore. It knows nothing of ours.
"""

import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

ROOT = Path(__file__).parents[2]
REGION = "eu-west-2"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDMOTO",
    "AWS_SECRET_ACCESS_KEY": "moto",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The environment in which any client of AWS talks to moto, once it is given its address."""

_UNWANTED = (
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SQS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moto:
    """A running server: what a client of AWS takes as `endpoint_url`, and as `region`."""

    url: str
    region: str = REGION

    def reset(self) -> None:
        """Forgets every queue, topic and table."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    @staticmethod
    def name() -> str:
        """A name that no other queue, topic or table has."""
        return f"t-{uuid4().hex[:12]}"


@contextmanager
def moto_running() -> Iterator[Moto]:
    """A server of its own, for as long as the context is open."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.aws.moto"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        try:
            yield Moto(url=program.stdout.readline().strip())
        finally:
            program.stdin.close()


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Moto]:
    """The session's server, as the test before left it."""
    with moto_running() as server:
        yield server


@pytest.fixture
def moto(moto_server: Moto, monkeypatch: pytest.MonkeyPatch) -> Moto:
    """The session's server, empty; and credentials and a region in the environment."""
    for name in _UNWANTED:
        monkeypatch.delenv(name, raising=False)
    for name, setting in CREDENTIALS.items():
        monkeypatch.setenv(name, setting)
    moto_server.reset()
    return moto_server


def _one_at_a_time(app: Callable[..., Any]) -> Callable[..., Any]:
    """DynamoDB's writes are atomic; moto's are only when no other thread is amid one. Long polls of SQS go on."""
    import threading

    lock = threading.Lock()

    def serve(environ: dict[str, Any], start: Any) -> Any:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return app(environ, start)
        with lock:
            return app(environ, start)

    return serve


def main() -> None:
    """Serves on a free port until standard input ends."""
    import logging
    import threading

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = _one_at_a_time(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
