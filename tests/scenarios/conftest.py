"""A story waits patiently for what must come, longer than a usual test may take."""

import pytest

from tests.scenarios.pulse import PATIENCE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/scenarios/"):
            item.add_marker(pytest.mark.timeout(3 * PATIENCE))
