"""What both ways in must keep is told twice: stories marked ``both_ways`` are also heard by message streaming."""

from collections.abc import Iterator

import pytest

from agent.session.ways import Way
from tests.session.hall import INGRESS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker
    if marked("both_ways") and not marked("by_websocket"):
        metafunc.parametrize("ingress", list(Way), indirect=True)


@pytest.fixture(autouse=True)
def ingress(request: pytest.FixtureRequest) -> Iterator[Way]:
    """The way in of every hall that does not say."""
    INGRESS[0] = getattr(request, "param", Way.WEBSOCKET)
    yield INGRESS[0]
    INGRESS[0] = Way.WEBSOCKET
