"""Unmodified clients of Amazon Connect, pointed at the emulator: boto3, aiobotocore, the AWS CLI, JavaScript.

The emulator runs on a thread of its own, so that blocking clients can be used as their users use them. What a
test needs beyond Python (node, npm, Chromium) is found or installed here once; without it the test is skipped, for a
reason that says how to have it.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import pytest_asyncio
from anyio.from_thread import BlockingPortal, start_blocking_portal
from playwright.async_api import Browser, async_playwright

from agent.emulator import Settings, emulate
from tests.clients.amazon import Amazon
from tests.clients.boto import Boto
from tests.clients.browser import CHROMIUM_MISSING, FLAGS, chromium
from tests.clients.node import NODE_OLD, node_is_old, node_modules
from tests.clients.visitor import web_site


# --- the machine ---------------------------------------------------------------------------------------
@pytest.fixture(scope="session", autouse=True)
def _no_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A machine without AWS: no credentials, no configuration, no role, no proxy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        nowhere = str(tmp_path_factory.mktemp("aws") / "none")
        patch.setenv("AWS_CONFIG_FILE", nowhere)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


# --- the emulator --------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """A thread with an event loop, for emulators whose clients block."""
    with start_blocking_portal() as one:
        yield one


@contextmanager
def _running(portal: BlockingPortal, settings: dict[str, Any]) -> Iterator[Amazon]:
    chosen = Settings(**{"validate_answers": True, **settings})
    with portal.wrap_async_context_manager(emulate(settings=chosen)) as emulator:
        yield Amazon(emulator=emulator, portal=portal)


@pytest.fixture(scope="session")
def amazon(portal: BlockingPortal) -> Iterator[Amazon]:
    """An emulator for all tests that leave its clock and its weather alone; each has its own chats."""
    with _running(portal, {}) as one:
        yield one


@pytest.fixture
def emulating(portal: BlockingPortal) -> Iterator[Callable[..., Amazon]]:
    """Starts an emulator of the test's own, with settings of its choice."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(_running(portal, settings))


# --- boto3 ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def boto_session() -> boto3.Session:
    """A boto3 session with credentials that mean nothing."""
    return boto3.Session(aws_access_key_id="nobody", aws_secret_access_key="nothing", region_name="us-east-1")


@pytest.fixture(scope="session")
def boto(amazon: Amazon, boto_session: boto3.Session) -> Iterator[Boto]:
    """boto3's two clients on the shared emulator."""
    with Boto(boto_session, amazon.url) as one:
        yield one


@pytest.fixture
def boto_on(boto_session: boto3.Session) -> Iterator[Callable[..., Boto]]:
    """Makes boto3's two clients on any emulator, with botocore settings of the test's choice."""
    with ExitStack() as stack:
        yield lambda amazon, **config: stack.enter_context(Boto(boto_session, amazon.url, **config))


# --- node and Chromium ---------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder with the npm packages of `package.json` in `node_modules`; installed once, kept for later runs."""
    found = node_modules()
    if isinstance(found, str):
        pytest.skip(found)
    assert isinstance(found, Path)
    return found


@pytest.fixture(scope="session")
def javascript(node_packages: Path) -> Path:
    """The same, with a node that is new enough to run the AWS SDK by itself."""
    if node_is_old():
        pytest.skip(NODE_OLD)
    return node_packages


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium, or any other on PATH."""
    found = chromium()
    if found is None:
        pytest.skip(CHROMIUM_MISSING)
    assert found is not None
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    """One Chromium for all pages."""
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield one
        await one.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(node_packages: Path) -> AsyncIterator[str]:
    """A company's web site."""
    async with web_site(node_packages) as address:
        yield address
