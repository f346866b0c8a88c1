"""Knowing that a loop really waits, so that what comes late needs no clock."""

import selectors
import threading

import pytest

from agent.testing import virtual


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as a loop that is made from now on really waits: whoever waits for it comes late, in no time."""
    waits = threading.Event()

    class Telling(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> virtual.Ready:
            if timeout:
                waits.set()
            return super().select(timeout)

    monkeypatch.setattr(selectors, "DefaultSelector", Telling)
    return waits
