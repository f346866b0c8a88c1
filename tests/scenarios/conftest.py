"""A story waits patiently for what must come, longer than a usual test may take.

What both ways in must keep is told twice: stories marked ``both_ways`` are also heard by message streaming, through the
topics and queues of moto's server.
"""

from collections.abc import Iterator

import pytest

from agent.session.ways import Way
from tests.scenarios.pulse import PATIENCE
from tests.scenarios.stage import STREAMED_BY


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/scenarios/"):
            item.add_marker(pytest.mark.timeout(3 * PATIENCE))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker
    if marked("both_ways") and not marked("by_websocket"):
        metafunc.parametrize("ingress", list(Way), indirect=True)


@pytest.fixture(autouse=True)
def ingress(request: pytest.FixtureRequest) -> Iterator[None]:
    """The way in of every stage."""
    if getattr(request, "param", Way.WEBSOCKET) is Way.STREAMING:
        STREAMED_BY[0] = request.getfixturevalue("moto").url
    yield
    STREAMED_BY[0] = None
