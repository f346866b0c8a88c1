"""No network while a test chats, and nothing of ours in the way otherwise."""

import socket
from types import BuiltinMethodType

import pytest

from agent.testing.network import NetworkForbidden, _Hook, forbidden


def test_nobody_is_reached_inside_and_nothing_is_run_outside() -> None:
    """Blocks may stand in each other; Python never forgets a hook, so what is left of it must not be code of Python."""
    with forbidden(), forbidden():
        pass
    with forbidden():
        with forbidden(), pytest.raises(NetworkForbidden):
            socket.getaddrinfo("127.0.0.1", 1)
        with pytest.raises(NetworkForbidden):
            socket.getaddrinfo("127.0.0.1", 1)
    assert isinstance(_Hook.__call__, BuiltinMethodType)
    assert socket.getaddrinfo("127.0.0.1", 1)
